"""A provider of Terraform that knows its schema and can do nothing else: https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol.

Terraform is told where it listens by TF_REATTACH_PROVIDERS, then looks for no provider and downloads none
(https://developer.hashicorp.com/terraform/plugin/debugging). Numbers of fields are those of tfplugin5.proto.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import msgpack

from leadloop_preflight.allowed_texts import Path, Refusal, refusals
from leadloop_preflight.provider_schema import Attribute, Block, NestedBlock, ProviderSchema
from leadloop_preflight.wire import contents, field, present

SOURCE = "hashicorp/google"
_PROTOCOL = 5
_NESTING = {"single": 1, "list": 2, "set": 3}
_ERROR = 1


@contextmanager
def served(schema: ProviderSchema) -> Iterator[dict[str, str]]:
    """Serve the schema on the loopback interface, and tell the environment in which Terraform finds it."""
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tfplugin5.Provider", _handlers(schema)),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    where = {
        "Protocol": "grpc",
        "ProtocolVersion": _PROTOCOL,
        "Pid": os.getpid(),
        "Test": True,  # Terraform neither starts nor stops it
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
    }
    try:
        yield {"TF_REATTACH_PROVIDERS": json.dumps({SOURCE: where})}
    finally:
        server.stop(None).wait()


def _handlers(schema: ProviderSchema) -> Mapping[str, object]:
    answers: dict[str, Callable[[bytes], bytes]] = {
        "GetSchema": lambda _: _schemas(schema),
        "PrepareProviderConfig": lambda request: present(1, contents(request)[1]),
        "ValidateResourceTypeConfig": lambda request: _validated(schema.resources, request),
        "ValidateDataSourceConfig": lambda request: _validated(schema.data_sources, request),
        "GetResourceIdentitySchemas": lambda _: b"",
        "Configure": lambda _: b"",
        "Stop": lambda _: b"",
    }
    return {name: grpc.unary_unary_rpc_method_handler(_ignoring_context(one)) for name, one in answers.items()}


def _ignoring_context(answer: Callable[[bytes], bytes]) -> Callable[[bytes, object], bytes]:
    return lambda request, _context: answer(request)


def _schemas(schema: ProviderSchema) -> bytes:
    resources = (present(2, field(1, name) + present(2, _schema(one))) for name, one in schema.resources.items())
    data = (present(3, field(1, name) + present(2, _schema(one))) for name, one in schema.data_sources.items())
    return present(1, _schema(schema.configuration)) + b"".join(resources) + b"".join(data)


def _schema(block: Block) -> bytes:
    return present(2, _block(block))


def _block(block: Block) -> bytes:
    attributes = (present(2, _attribute(name, one)) for name, one in block.attributes.items())
    nested = (present(3, _nested(name, one)) for name, one in block.blocks.items())
    return b"".join([*attributes, *nested])


def _attribute(name: str, attribute: Attribute) -> bytes:
    return (
        field(1, name)
        + field(2, json.dumps(attribute.type))
        + field(4, attribute.required)
        + field(5, attribute.optional)
        + field(6, attribute.computed)
        + field(10, attribute.write_only)
    )


def _nested(name: str, nested: NestedBlock) -> bytes:
    return (
        field(1, name)
        + present(2, _block(nested.block))
        + field(3, _NESTING[nested.nesting])
        + field(4, nested.min_items)
        + field(5, nested.max_items)
    )


def _validated(blocks: Mapping[str, Block], request: bytes) -> bytes:
    asked = contents(request)
    name = asked[1].decode()
    # Values not known before the plan come as an extension type, which is neither text nor list nor map.
    configured = msgpack.unpackb(contents(asked[2])[1], strict_map_key=False)
    return b"".join(present(1, _diagnostic(name, one)) for one in refusals(blocks[name], configured))


def _diagnostic(name: str, refusal: Refusal) -> bytes:
    return field(1, _ERROR) + field(2, f"{name}: {refusal.reason}") + present(4, _steps(refusal.path))


def _steps(path: Path) -> bytes:
    """Where it stands: the name of an attribute or block, or a place in a list."""
    return b"".join(present(1, present(1 if isinstance(one, str) else 3, one)) for one in path)
