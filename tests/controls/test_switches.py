"""A gateway knows which services are suspended, from the last state that it heard of."""

from tanada.controls.switches import ANY, Suspended, SwitchBoard


def test_nothing_is_suspended_until_it_is_heard_of() -> None:
    board = SwitchBoard()
    assert board.reason_against("deposits", "atm") is None
    assert board.suspended() == []


def test_a_switch_stops_its_product_on_its_channel_only() -> None:
    board = SwitchBoard()
    board.refresh([Suspended("deposits", "atm", "a defect")])
    assert board.reason_against("deposits", "atm") == "a defect"
    assert board.reason_against("deposits", "desk") is None
    assert board.reason_against("time_deposits", "atm") is None


def test_a_switch_for_all_channels_holds_on_each() -> None:
    board = SwitchBoard()
    board.refresh([Suspended("deposits", ANY, "a defect")])
    assert board.reason_against("deposits", "atm") == "a defect"
    assert board.reason_against("deposits", "desk") == "a defect"


def test_the_nearer_reason_is_given() -> None:
    board = SwitchBoard()
    board.refresh([Suspended("deposits", ANY, "all"), Suspended("deposits", "atm", "machines")])
    assert board.reason_against("deposits", "atm") == "machines"


def test_a_suspension_without_words_is_one_all_the_same() -> None:
    board = SwitchBoard()
    board.refresh([Suspended("deposits", "atm", "")])
    assert board.reason_against("deposits", "atm") is not None
    board.refresh([Suspended("deposits", ANY, "")])
    assert board.reason_against("deposits", "atm") is not None


def test_what_it_hears_replaces_what_it_knew() -> None:
    board = SwitchBoard()
    board.refresh([Suspended("time_deposits", "atm", "x"), Suspended("deposits", "atm", "x")])
    assert [each.product for each in board.suspended()] == ["deposits", "time_deposits"]
    board.refresh([])
    assert board.suspended() == []
