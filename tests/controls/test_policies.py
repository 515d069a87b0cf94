"""A policy file says what it means or is refused by name; the shipped ones are what they claim."""

from pathlib import Path

import msgspec
import pytest

from tanada.base.errors import PolicyError
from tanada.controls.policies import WITHOUT, Policy, compartment_names, parse_policy, without
from tests.bank import POLICY_TEXT

FOLDER = Path(__file__).parents[2] / "policies"


def _shipped(name: str) -> Policy:
    return parse_policy((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), name)


AS_IS = _shipped("tanada")
AS_WAS = _shipped("as-was-2021-02-28")


def test_the_default_policy_protects() -> None:
    assert AS_IS.reversal_log.reserve and AS_IS.preflight.enabled and AS_IS.inquiry.enabled
    assert AS_IS.breaker.errors == 3
    assert AS_IS.closing.reopen == "probe"
    assert AS_IS.switches.poll_seconds < 5
    assert not any(
        {"deposits", "time_deposits"} <= set(rule.products) or not rule.products
        for rule in AS_IS.compartments
    ), "no compartment executes two products"


def test_the_policy_of_2021_has_none_of_it() -> None:
    assert not AS_WAS.reversal_log.reserve
    assert not AS_WAS.preflight.enabled
    assert not AS_WAS.inquiry.enabled
    assert AS_WAS.breaker.errors == 0
    assert AS_WAS.closing.double_errors > 0 and AS_WAS.closing.reopen == "person"
    assert all(not rule.products for rule in AS_WAS.compartments)


def test_compartments_are_named_in_the_order_of_the_file() -> None:
    assert compartment_names(AS_IS) == ("deposits-0", "deposits-1", "time-deposits-0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (POLICY_TEXT + "[breakr]\nerrors = 1", "breaker"),
        (POLICY_TEXT + "[breaker]\nerors = 1", "did you mean `errors`"),
        (POLICY_TEXT + "[breaker]\nerrors = 'three'", r"breaker\.errors"),
        (POLICY_TEXT + "[closing]\nreopen = 'never'", r"closing\.reopen"),
        (POLICY_TEXT + "[mailbox]\ncapacity = 1\nbatch = 2", r"mailbox\.batch"),
        (POLICY_TEXT + "[preflight]\nwarn_permille = 0", r"preflight\.warn_permille"),
        (POLICY_TEXT.replace('name = "all"', 'name = "all"\nslots = 65'), "slots"),
        (POLICY_TEXT + '[[compartments]]\nname = "all"', "same name"),
        (
            POLICY_TEXT.replace('[[compartments]]\nname = "all"', "compartments = []"),
            "at least one",
        ),
        (POLICY_TEXT.replace("deposits = 1000", "deposits = -1"), "capacity"),
        (POLICY_TEXT.replace("lease = 4", "lease = 0"), "lease"),
        (POLICY_TEXT + "[switches]\npoll_seconds = 0", r"switches\.poll_seconds"),
        (POLICY_TEXT + "[switches]\npoll_seconds = 6", r"switches\.poll_seconds"),
        (POLICY_TEXT + "[inquiry]\nfirst_seconds = 0", r"inquiry\.first_seconds"),
        (POLICY_TEXT + "[closing]\nprobe_seconds = 0", r"closing\.probe_seconds"),
        (POLICY_TEXT + "[breaker]\nerrors = -1", r"breaker\.errors"),
        (POLICY_TEXT + "[batch]\nchunk = 0", r"batch\.chunk"),
        ("name = ", "my file"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(text: str, message: str) -> None:
    with pytest.raises(PolicyError, match=message) as refused:
        parse_policy(text, "my file")
    assert "my file" in str(refused.value)


@pytest.mark.parametrize("layer", WITHOUT)
def test_switching_a_layer_off_changes_the_policy_and_only_there(layer: str) -> None:
    changed = without(AS_IS, (layer,), AS_WAS)
    assert changed != AS_IS
    parts = {
        "product-compartments": {"compartments", "closing", "prohibition"},
        "custody-return": {"custody"},
        "reservation": {"reversal_log"},
        "breakers": {"breaker"},
    }.get(layer, {layer})
    differing = {
        name
        for name in msgspec.structs.asdict(AS_IS)
        if getattr(changed, name) != getattr(AS_IS, name)
    }
    assert differing == parts


def test_several_layers_can_be_switched_off_together() -> None:
    changed = without(AS_IS, ("preflight", "inquiry"), AS_WAS)
    assert (changed.preflight.enabled, changed.inquiry.enabled) == (False, False)
    assert without(AS_IS, (), AS_WAS) == AS_IS


def test_an_unknown_layer_is_refused_with_the_nearest() -> None:
    with pytest.raises(PolicyError, match="did you mean preflight"):
        without(AS_IS, ("preflght",), AS_WAS)
