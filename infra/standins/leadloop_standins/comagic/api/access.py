"""Who may call what: keys, networks, the account itself, components and rights."""

from ipaddress import ip_address, ip_network

from ...switches import Switches
from .keys import Key
from .methods import Method
from .office import Office
from .refusals import RpcRefused


def check_network(switches: Switches, address: str) -> None:
    """RpcRefused unless the caller's address lies in a network of the account's list."""
    caller = ip_address(address)
    if not any(caller in ip_network(one) for one in switches.texts("ip_whitelist")):
        raise RpcRefused("ip_not_whitelisted", params={"ip": address})


def check_account(switches: Switches) -> None:
    """RpcRefused when the account is switched off."""
    if switches.on("account_inactive"):
        raise RpcRefused("account_inactive")


def check_method(office: Office, method: Method, key: Key) -> None:
    """RpcRefused when the account lacks the option that the method needs, or the key's user the right."""
    disabled = office.switches.texts("disabled_methods")
    if method.name in disabled or "*" in disabled:
        components = ", ".join(method.components) or "data_api"
        raise RpcRefused("method_component_disabled", params={"components": components})
    if method.writes and key.rights == "read":
        raise RpcRefused("forbidden")
