"""One file per resource. A method is its signature, its docstring and one `Request`."""
