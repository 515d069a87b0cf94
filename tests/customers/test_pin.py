"""The PIN proof is a function of key, card and PIN, and of nothing else."""

from tanada.customers.pin import PROOF_BYTES, pin_proof

KEY = bytes(range(32))
CARD = 9392001100000104


def test_the_proof_changes_with_key_card_and_pin() -> None:
    proofs = {
        pin_proof(KEY, CARD, "1234"),
        pin_proof(KEY, CARD, "1235"),
        pin_proof(KEY, CARD + 1, "1234"),
        pin_proof(bytes(32), CARD, "1234"),
    }
    assert len(proofs) == 4
    assert {len(proof) for proof in proofs} == {PROOF_BYTES}


def test_the_proof_stays_what_it_was() -> None:
    # Cards in a database outlive a release: a changed proof would refuse every customer.
    assert pin_proof(KEY, CARD, "1234").hex() == "ce432901f14910297e74e261d757cbb6"
