"""Talks to an MCP server with the official Python client, in both eras of the protocol.

Usage: mcp_session.py URL | COMMAND [ARGUMENT...]
The server must hold the sample corpus.
"""

import asyncio
import os
import sys

import mcp_types
from mcp import Client, MCPError, StdioServerParameters

QUERY = "how do I bleed a radiator"


async def converse(server, mode):
    async with Client(server, mode=mode) as client:
        if mode != "2026-07-28":  # A client that knows the version asks for nothing at first.
            assert client.server_info.name == "trommel", client.server_info
            assert "documents" in client.instructions, client.instructions

        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["search", "get", "why", "status"], tools
        assert all(tool.annotations.read_only_hint for tool in tools)

        # The client checks structured content against the tool's output schema.
        found = await client.call_tool("search", {"query": QUERY, "k": 3})
        assert not found.is_error, found
        hit = found.structured_content["hits"][0]
        assert hit["id"] in found.content[0].text
        document = await client.call_tool("get", {"id": hit["id"], "lines": "1-5"})
        assert document.structured_content["lines"] == {"first": 1, "last": 5}, document
        why = await client.call_tool("why", {"query": QUERY, "id": hit["id"]})
        assert why.structured_content["found"] is True, why
        status = await client.call_tool("status", {})
        assert status.structured_content["collections"], status

        wrong = await client.call_tool("search", {"query": QUERY, "k": "many", "colections": []})
        assert wrong.is_error and "collections" in wrong.content[0].text, wrong
        await refused(client.call_tool("serch", {}), mcp_types.INVALID_PARAMS)

        assert (await client.list_resources()).resources == []
        templates = (await client.list_resource_templates()).resource_templates
        assert templates[0].uri_template == "trommel://{collection}/{+id}", templates
        contents = (await client.read_resource(hit["uri"])).contents
        assert contents[0].text, contents
        missing = mcp_types.INVALID_PARAMS if client.protocol_version >= "2026" else -32002
        await refused(client.read_resource("trommel://nowhere/nothing"), missing)
        return client.protocol_version


async def refused(call, code):
    try:
        answer = await call
    except MCPError as error:
        assert error.error.code == code, error
    else:
        raise AssertionError(f"expected an error {code}, got {answer}")


async def main(words):
    url = words[0].startswith("http")
    # A client hands no variables on by itself, and the store of models may be named by one.
    local = StdioServerParameters(command=words[0], args=words[1:], env=dict(os.environ))
    server = words[0] if url else local
    for mode, version in [("legacy", "2025-11-25"), ("auto", "2026-07-28"), ("2026-07-28",) * 2]:
        spoken = await asyncio.wait_for(converse(server, mode), 60)
        assert spoken == version, spoken
        print(f"python {mode}: {spoken}")


asyncio.run(main(sys.argv[1:]))
