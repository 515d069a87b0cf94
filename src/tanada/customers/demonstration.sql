-- copy_parties --
-- The customers themselves.
copy customers.party (customer_id, name_kanji, name_kana, home_branch) from stdin;

-- copy_cards --
-- One card an ordinary account.
copy customers.card (card_number, account_id, customer_id, pin_proof) from stdin;

-- count_customers --
-- How many customers there are.
select count(*) from customers.party
