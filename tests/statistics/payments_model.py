"""For a second telling of the payments pack, in SQL and with another source of chance: it shows that the figures can be
met and that the checks tell right from wrong, before the program is asked."""
import duckdb

from payments_figures import FIGURES, words, zipf_shares


def ladder(rows, name, shares, values):
    """Makes a table of steps: a draw of 0..1 finds its value at the highest step not above it."""
    steps, reached = [], 0.0
    for share, value in zip(shares, values):
        steps.append((reached, value))
        reached += share
    rows.execute(f"create table {name} (step double, value {'varchar' if isinstance(values[0], str) else 'integer'})")
    rows.executemany(f"insert into {name} values (?, ?)", steps)


def model(count: int, seed: float = 0.42) -> duckdb.DuckDBPyConnection:
    """Gives a connection with the tables payments and profiles (user_id, country) of a modelled run of 12 days."""
    figures = FIGURES
    rows = duckdb.connect()
    rows.execute("set threads = 1")
    rows.execute(f"select setseed({seed})")
    rows.execute("create table users as select row_number() over () as rank, user_id, home from "
                 "(select range + 1000 as user_id, random() as home, random() as shuffled from range(9000) order by shuffled)")
    rows.execute("create table compromised_users as select user_id, row_number() over () as place from "
                 "(select user_id, random() as shuffled from users order by shuffled limit 50)")
    ladder(rows, "ranks", zipf_shares(figures["users"], figures["spending_skew"]), list(range(1, figures["users"] + 1)))
    countries = words("countries")
    total = sum(float(row["weight"]) for row in countries)
    ladder(rows, "places", [float(row["weight"]) / total for row in countries], [row["code"] for row in countries])
    cells = [(day, hour) for day in range(12) for hour in range(24)]
    weights = [figures["hours"][hour] * figures["week"][day % 7] for day, hour in cells]
    ladder(rows, "cells", [weight / sum(weights) for weight in weights], [day * 24 + hour for day, hour in cells])
    rows.execute("create table profiles as select user_id, value as country from users asof join places on home >= step")
    rows.execute(f"create table words as select range as row, {', '.join(f'random() as d{i}' for i in range(24))} from range({count})")
    rows.execute(PAYERS.format(**figures))
    rows.execute(DRAWN.format(**figures))
    rows.execute(RULED.format(**figures))
    rows.execute("drop table words; drop table payers; drop table drawn")
    return rows


PAYERS = """
create table payers as
select row, case when d0 < {card_probing} then 1000 * (1 + floor(d1 * 9)::integer)
                 when d2 < {stolen_use} then hot.user_id else users.user_id end as user_id,
       d0 < {card_probing} as probing, cells.value as cell, places.value as abroad
from words asof join ranks on d4 >= ranks.step join users on users.rank = ranks.value
           join compromised_users as hot on hot.place = 1 + floor(d3 * 50)::integer
           asof join cells on d5 >= cells.step asof join places on d6 >= places.step"""

DRAWN = """
create table drawn as
select words.*, user_id, payers.cell, probing, user_id in (select user_id from compromised_users) as stolen,
       d9 < {high_risk_share} as lending, sqrt(-2 * ln(1 - d7)) * cos(2 * pi() * d8) as normal,
       round(case when probing then 0.01 + floor(d10 * 199) / 100
                  when lending then least(greatest({typical_loan} * exp({loan_spread} * normal), 0.01), 10000)
                  else least(greatest({typical_purchase} * exp({purchase_spread} * normal), 0.01), 10000) end, 2) as amount,
       case when lending then ['QuickCash', 'PaydayLoan', 'LoanShark'][1 + floor(d11 * 3)::integer]
            else 'shop ' || floor(d11 * 5000)::integer end as merchant,
       case when d12 < {travel} then abroad else country end as location
from words join payers using (row) join profiles using (user_id)"""

RULED = """
create table payments as
select row_number() over (order by cell, row) as place, row as transaction_id, user_id, 'USD' as currency,
       timestamp '2026-06-01 00:00:00' + to_hours(cell) as paid_at,
       case when stolen then case when amount > 500 and d13 < {account_takeover} then 'account_takeover' end
            when amount < 2 and user_id % 1000 = 0 and d14 < {card_testing} then 'card_testing'
            when lending and amount > 3000 and d15 < {merchant_collusion} then 'merchant_collusion'
            when user_id % 500 = 0 and d16 < {geographical_anomaly} then 'geographical_anomaly'
            when d17 < {baseline} then 'baseline' end as label,
       round(case label when 'account_takeover' then 500 + d18 * 4500 when 'card_testing' then 0.01 + d18 * 1.99
                        when 'merchant_collusion' then 300 + d18 * 1200 when 'baseline' then 100 + d18 * 1900
                        else drawn.amount end, 2) as amount,
       case when label = 'account_takeover' then ['QuickCash', 'PaydayLoan', 'LoanShark'][1 + floor(d19 * 3)::integer]
            else merchant end as merchant,
       case label when 'card_testing' then 'US' when 'geographical_anomaly' then ['CN', 'GB', 'RU'][1 + floor(d19 * 3)::integer]
                  else location end as location,
       case when label is null or d20 < {label_hidden} then 0 else 1 end as is_fraud
from drawn order by cell, row"""
