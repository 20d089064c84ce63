"""Public names that are loaded when they are first used, so that importing a package is cheap.

Type checkers see the imports under `TYPE_CHECKING` instead, and with them exactly the names that
exist: a module-level `__getattr__` that they could see would make them accept any name at all.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def lazy_exports(
    package: str, homes: Mapping[str, Sequence[str]], modules: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the `__getattr__` and the `__dir__` of a package.

    Args:
        package: The package's `__name__`.
        homes: The public names by the module that holds them, as in `from .module import name`.
        modules: Public names that are modules themselves, and where those are.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> object:
        if modules and name in modules:
            return import_module(modules[name], package)
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(home_of[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        exported: list[str] = vars(sys.modules[package])["__all__"]
        return sorted(exported)

    return get, names
