"""For checking what the payments pack poured against its figures. A check takes the rows (a DuckDB connection with the
tables payments, profiles and logs) and the expected figures; it raises AssertionError where they differ by more than four
standard deviations. CHECKS names all of them with the figures that, swapped, must turn them red."""
import math

from payments_figures import (ANOMALOUS_COUNTRIES, HIGH_RISK_COUNTRIES, HIGH_RISK_MERCHANTS, RULES, exceeds, words, zipf_shares)

SIGMAS = 4
HIGH_RISK = f"merchant in {HIGH_RISK_MERCHANTS}"


def ask(rows, query):
    """Gives the single row that a query answers."""
    return rows.execute(query).fetchone()


def close(what, hits, trials, chance):
    """Holds when `hits` of `trials` agree with a chance."""
    assert trials > 0, f"{what}: nothing to count"
    deviation = math.sqrt(trials * chance * (1 - chance))
    assert abs(hits - trials * chance) <= SIGMAS * deviation, \
        f"{what}: {hits} of {trials} = {hits / trials:.6f}, expected {chance:.6f} +- {SIGMAS * deviation / trials:.6f}"


def prepare(rows):
    """Marks compromised users: those whom an account takeover has hit."""
    rows.execute("create or replace table compromised as select distinct user_id from payments where label = 'account_takeover'")
    rows.execute("create or replace view seen as select *, user_id in (from compromised) as compromised from payments")


# ------------------------------------------------------------------------------------------------------------- payments

def check_chances_of_rules(rows, expected):
    """Those who meet a rule's condition are taken with its chance."""
    hits = dict(rows.execute("select label, count(*) from payments where label is not null group by label").fetchall())
    takeover, testing, collusion, anomaly, rest = ask(rows, f"""
        select count(*) filter (compromised and label is null and amount > 500),
               count(*) filter (not compromised and user_id % 1000 = 0 and amount < 2
                                and (label is null or label = 'geographical_anomaly')),
               count(*) filter (not compromised and {HIGH_RISK} and amount > 3000
                                and (label is null or label = 'geographical_anomaly')),
               count(*) filter (not compromised and user_id % 500 = 0 and (label is null or label = 'baseline')),
               count(*) filter (not compromised and label is null)
        from seen""")
    # Where the baseline struck, the amount that had missed an earlier rule can no longer be seen.
    seen_by_testing = 1 - (1 - expected["geographical_anomaly"]) * expected["baseline"]
    seen_by_collusion = 1 - expected["baseline"]
    missed = {"account_takeover": takeover, "card_testing": testing / seen_by_testing,
              "merchant_collusion": collusion / seen_by_collusion, "geographical_anomaly": anomaly, "baseline": rest}
    for rule in RULES:
        close(rule, hits.get(rule, 0), hits.get(rule, 0) + missed[rule], expected[rule])


def check_compromised_meet_one_rule(rows, expected):
    """A compromised user who misses the account takeover meets no other rule; there are about fifty of them."""
    others, count = ask(rows, """
        select count(*) filter (label <> 'account_takeover'), count(distinct user_id) from seen where compromised""")
    assert others == 0, f"other rules took compromised users: {others}"
    assert 45 <= count <= 50, f"compromised users: {count}"


def check_floors(rows, expected):
    """Every rule takes at least one payment in 20,000; all of them together 0.3 to 1 percent."""
    total, = ask(rows, "select count(*) from payments")
    hits = dict(rows.execute("select label, count(*) from payments where label is not null group by label").fetchall())
    for rule in RULES:
        assert hits.get(rule, 0) >= total * expected["rule_floor"], f"{rule} is too rare: {hits.get(rule, 0)} of {total}"
    share = sum(hits.values()) / total
    assert expected["frauds_low"] <= share <= expected["frauds_high"], f"frauds: {share:.5f}"


def check_labels(rows, expected):
    """1.5 percent of the frauds look honest in the record, no honest payment looks like a fraud."""
    hidden, frauds, wrong = ask(rows, """
        select count(*) filter (label is not null and is_fraud = 0), count(label),
               count(*) filter (label is null and is_fraud <> 0) from payments""")
    assert wrong == 0, f"honest payments that are called fraud: {wrong}"
    close("hidden labels", hidden, frauds, expected["label_hidden"])


def check_what_rules_set(rows, expected):
    """What a rule sets is uniform between its bounds, and where it says."""
    bounds = {"account_takeover": "takeover_amount", "card_testing": "testing_amount",
              "merchant_collusion": "collusion_amount", "baseline": "baseline_amount"}
    for rule, name in bounds.items():
        low, high = expected[name]
        least, most, mean, count = ask(rows, f"""
            select min(amount)::double, max(amount)::double, avg(amount::double), count(*) from payments where label = '{rule}'""")
        assert low <= least and most <= high, f"{rule}: amounts from {least} to {most}"
        deviation = (high - low) / math.sqrt(12 * count)
        assert abs(mean - (low + high) / 2) <= SIGMAS * deviation, f"{rule}: mean amount {mean:.2f}"
    elsewhere, honest_shops = ask(rows, f"""
        select count(*) filter (label = 'card_testing' and location <> 'US'),
               count(*) filter (label = 'account_takeover' and not {HIGH_RISK}) from payments""")
    assert (elsewhere, honest_shops) == (0, 0), f"left as they were: {elsewhere}, {honest_shops}"
    places = dict(rows.execute("select location, count(*) from payments where label = 'geographical_anomaly' group by location")
                  .fetchall())
    assert set(places) == set(ANOMALOUS_COUNTRIES), f"places of anomalies: {places}"
    for place, count in places.items():
        close(f"anomalies in {place}", count, sum(places.values()), 1 / 3)


def check_probes(rows, expected):
    """Payments below 2 come mostly from the users whom the card-testing rule names."""
    total, = ask(rows, "select count(*) from payments")
    testers, = ask(rows, "select 9 - count(*) filter (user_id % 1000 = 0) from compromised")
    small, of_testers = ask(rows, """
        select count(*), count(*) filter (user_id % 1000 = 0 and not compromised)
        from seen where (amount < 2 or label = 'card_testing')""")
    visible = 1 - 0.75 * 0.9 * 0.002
    close("probes", of_testers, total, expected["card_probing"] * testers / 9 * visible)
    assert of_testers > small / 2, f"small payments of card testers: {of_testers} of {small}"


def check_amounts(rows, expected):
    """Amounts are log-normal with a long tail, have two decimals, and stay between 0.01 and 10,000."""
    least, most, uneven = ask(rows, """
        select min(amount)::double, max(amount)::double, count(*) filter (round(amount::double, 2) <> amount::double) from payments""")
    assert 0.01 <= least and 9000 < most <= 10000 and uneven == 0, f"amounts from {least} to {most}, {uneven} uneven"
    honest = "label is null and not compromised and user_id % 500 <> 0"
    for amount in (2, 10, 80, 500, 3000):
        above, trials = ask(rows, f"select count(*) filter (amount >= {amount}), count(*) from seen where {honest} and not {HIGH_RISK}")
        share = exceeds(amount - 0.005, expected["typical_purchase"], expected["purchase_spread"])
        close(f"purchases from {amount} on", above, trials, share)
    below = 1 - exceeds(3000.005, expected["typical_loan"], expected["loan_spread"])
    for amount in (500, 1500):
        under, trials = ask(rows, f"""
            select count(*) filter (amount < {amount}), count(*) from seen where {honest} and {HIGH_RISK} and amount <= 3000""")
        share = 1 - exceeds(amount - 0.005, expected["typical_loan"], expected["loan_spread"])
        close(f"loans below {amount}", under, trials, share / below)


def check_merchants(rows, expected):
    """High-risk merchants take 1 to 2 percent of the payments, and all merchants come back."""
    hits, trials = ask(rows, f"select count(*) filter ({HIGH_RISK}), count(*) from seen where not compromised")
    close("high-risk merchants", hits, trials, expected["high_risk_share"])
    share, names = ask(rows, f"select avg(({HIGH_RISK})::int), count(distinct merchant) from payments")
    assert 0.01 <= share <= 0.02, f"high-risk merchants: {share}"
    assert 2500 <= names <= 5003, f"merchants: {names}"


def check_skew(rows, expected):
    """A fifth of the users make about two thirds of the payments, as the zipf law has it."""
    counts = [count for count, in rows.execute("select count(*) as n from payments group by user_id order by n desc").fetchall()]
    total, fifth = sum(counts), int(expected["users"] // 5)
    shares = zipf_shares(int(expected["users"]), expected["spending_skew"])
    for name, found, share in (("the first user", counts[0] / total, shares[0]),
                               ("a fifth of the users", sum(counts[:fifth]) / total, math.fsum(shares[:fifth]))):
        # Card testers and compromised users, 0.8 percent of the payments, stand outside the law.
        assert abs(found - share) <= 0.01 + 0.02 * share, f"{name}: {found:.4f}, expected {share:.4f}"


def check_hours(rows, expected):
    """People sleep, and weekends differ: the counts of whole hours follow the curves."""
    counts = rows.execute("""
        select hour(hour_at), isodow(hour_at), n from (select date_trunc('hour', paid_at) as hour_at, count(*) as n
        from payments group by 1) order by hour_at""").fetchall()[1:-1]
    weights = [expected["hours"][hour] * expected["week"][day - 1] for hour, day, _ in counts]
    scale = sum(count for _, _, count in counts) / sum(weights)
    chi = sum((count - weight * scale) ** 2 / (weight * scale) for (_, _, count), weight in zip(counts, weights))
    freedom = len(counts) - 1
    assert len(counts) >= 7 * 24, f"less than a week: {len(counts)} hours"
    assert chi <= freedom + SIGMAS * math.sqrt(2 * freedom), f"counts of hours: chi-square {chi:.0f} for {freedom}"


def check_locations(rows, expected):
    """Payments are made at home unless the payer travels."""
    weights = {row["code"]: float(row["weight"]) for row in words("countries")}
    total = math.fsum(weights.values())
    homes = rows.execute("""
        select country, count(*), count(*) filter (location <> country) from seen join profiles using (user_id)
        where not compromised and user_id % 500 <> 0 group by country""").fetchall()
    chances = [(count, expected["travel"] * (1 - weights[country] / total)) for country, count, _ in homes]
    mean = sum(count * chance for count, chance in chances)
    deviation = math.sqrt(sum(count * chance * (1 - chance) for count, chance in chances))
    away = sum(row[2] for row in homes)
    assert abs(away - mean) <= SIGMAS * deviation, f"payments away from home: {away}, expected {mean:.0f} +- {SIGMAS * deviation:.0f}"


def check_order(rows, expected):
    """Payments come in the order of their time, with different identities, in US dollars."""
    back, different, total, foreign = ask(rows, """
        select count(*) filter (paid_at < before), count(distinct transaction_id), count(*), count(*) filter (currency <> 'USD')
        from (select *, lag(paid_at) over (order by place) as before from payments)""")
    assert (back, different, foreign) == (0, total, 0), f"{back} go back, {total - different} repeat, {foreign} not in USD"


CHECKS = {
    check_chances_of_rules: [("account_takeover", "card_testing"), ("merchant_collusion", "geographical_anomaly"),
                             ("geographical_anomaly", "baseline")],
    check_compromised_meet_one_rule: [],
    check_floors: [("rule_floor", "frauds_low"), ("frauds_low", "frauds_high")],
    check_labels: [("label_hidden", "baseline")],
    check_what_rules_set: [("takeover_amount", "collusion_amount"), ("testing_amount", "baseline_amount")],
    check_probes: [("card_probing", "stolen_use")],
    check_amounts: [("typical_purchase", "typical_loan"), ("purchase_spread", "loan_spread")],
    check_merchants: [("high_risk_share", "travel")],
    check_skew: [("spending_skew", "shop_skew")],
    check_hours: [(("hours", 3), ("hours", 18)), (("week", 5), ("week", 6))],
    check_locations: [("travel", "high_risk_share")],
    check_order: [],
}
