"""The live events that the app sends over its WebSocket."""
