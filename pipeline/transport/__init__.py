"""The only way out: HTTP through aiohttp, tokens, and the gate that keeps the rate."""

import pipeline.transport.certificates  # noqa: F401 - before anything else here imports aiohttp
