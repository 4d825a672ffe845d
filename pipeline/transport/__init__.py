"""The only way out: HTTP through aiohttp, tokens, and the gate that keeps the rate."""
