"""For checking profiles and device logs of the payments pack against its figures; as payments_checks does for payments."""
import math
import re
import unicodedata

from payments_checks import SIGMAS, ask, close
from payments_figures import HIGH_RISK_COUNTRIES, words


def check_one_population(rows, expected):
    """Every user has one profile, ids run from 1000, and the three streams join on them."""
    first, last = expected["first_id"], expected["first_id"] + expected["users"] - 1
    found = ask(rows, "select min(user_id), max(user_id), count(distinct user_id), count(*) from profiles")
    assert found == (first, last, expected["users"], expected["users"]), f"profiles: {found}"
    for stream in ("payments", "logs"):
        strangers, known = ask(rows, f"select count(*) filter (p.user_id is null), count(distinct p.user_id) from {stream} "
                                     "left join profiles as p using (user_id)")
        assert strangers == 0, f"{stream} of unknown users: {strangers}"
        assert known > 0.9 * expected["users"], f"{stream} of too few users: {known}"


def check_persons(rows, expected):
    """Name, e-mail, phone and birth date belong to one person, in ranges reserved for examples."""
    for name, email, phone, age in rows.execute(
            "select name, email, phone, date_diff('day', date_of_birth, signup_date::date) / 365.25 from profiles").fetchall():
        local, domain = email.split("@")
        assert domain in ("example.com", "example.org", "example.net"), f"domain is not reserved: {email}"
        assert any(letters(part) in letters(local) for part in name.split() if len(part) > 1), f"{name} has the e-mail {email}"
        assert re.search(r"555\D*01\d\d", phone), f"phone is not reserved: {phone}"
        assert expected["youngest"] - 2.1 <= age <= expected["oldest"] + 1, f"{name} is {age:.1f} years old at sign-up"
    repeated, = ask(rows, "select count(*) - count(distinct (name, date_of_birth)) from profiles")
    assert repeated < 10, f"persons that repeat: {repeated}"


def letters(text):
    """Gives the lower-case ASCII letters of a text."""
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", text).lower())


def check_homes(rows, expected):
    """Address and country agree, and countries are as frequent as their weights say."""
    cities = {}
    for row in words("cities"):
        cities.setdefault(row["country"], []).append(row["city"])
    for address, country in rows.execute("select address, country from profiles").fetchall():
        assert any(city in address for city in cities[country]) and "\n" not in address, f"{address} is not in {country}"
    weights = {row["code"]: float(row["weight"]) for row in words("countries")}
    counts = dict(rows.execute("select country, count(*) from profiles group by country").fetchall())
    for country in ("US", "GB", "IN", "NG"):
        close(f"profiles in {country}", counts[country], sum(counts.values()), weights[country] / math.fsum(weights.values()))


def check_scores(rows, expected):
    """Credit scores are uniform from 300 to 850 with two decimals; sign-ups lie within the two years before the run."""
    least, most, mean, count, uneven = ask(rows, """
        select min(credit_score)::double, max(credit_score)::double, avg(credit_score::double), count(*),
               count(*) filter (round(credit_score::double, 2) <> credit_score::double) from profiles""")
    assert 300 <= least and most <= 850 and uneven == 0, f"scores from {least} to {most}"
    assert abs(mean - 575) <= SIGMAS * 550 / math.sqrt(12 * count), f"mean score: {mean:.1f}"
    start = "timestamp '2026-06-01 00:00:00'"
    outside, recent = ask(rows, f"""
        select count(*) filter (signed not between {start} - to_days({expected['signup_days']}) and {start}),
               count(*) filter (signed > {start} - to_days({expected['recent_days']}))
        from (select signup_date::timestamp as signed from profiles)""")
    assert outside == 0, f"sign-ups out of range: {outside}"
    close("recent sign-ups", recent, count, expected["recent_days"] / expected["signup_days"])


def check_risk_levels(rows, expected):
    """risk_level follows from score, country and recency; one in a hundred is high regardless."""
    # Profiles are sent within two minutes of the start: those whose thirty days end just then may be either.
    found = rows.execute(f"""
        with aged as (select *, date_diff('second', signup_date::timestamp, timestamp '2026-06-01 00:00:00') as age,
                             {expected['recent_days']} * 86400 as month from profiles),
             rated as (select *, case when credit_score >= {expected['low_risk_score']} then 0
                                      when credit_score >= {expected['medium_risk_score']} then 1 else 2 end as score,
                              country in {HIGH_RISK_COUNTRIES} as risky from aged where age not between month - 300 and month + 300)
        select risky, least(2, score + (age < month)::int) as due, risk_level, count(*) from rated group by all""").fetchall()
    names = ("low", "medium", "high")
    counts = {}
    for risky, due, level, count in found:
        assert level == "high" or (level == names[due]), f"{count} profiles should be {names[due]} and are {level}"
        total, high = counts.get((risky, due), (0, 0))
        counts[risky, due] = (total + count, high + (count if level == "high" else 0))
    for risky in (False, True):
        total = sum(counts.get((risky, due), (0, 0))[0] for due in (0, 1))
        high = sum(counts.get((risky, due), (0, 0))[1] for due in (0, 1))
        by_country = expected["risk_by_country"] if risky else 0
        close(f"raised to high, risky country {risky}", high, total, 1 - (1 - by_country) * (1 - expected["risk_by_chance"]))


def check_sessions(rows, expected):
    """70 percent of the logs have a log-out, 1 to 60 minutes after the login; the logs come in the order of their instant."""
    total, out, least, most, mean = ask(rows, """
        select count(*), count(minutes), min(minutes), max(minutes), avg(minutes) from
        (select date_diff('millisecond', login_timestamp, logout_timestamp) / 60000.0 as minutes from logs)""")
    close("log-outs", out, total, expected["logged_out"])
    low, high = expected["shortest_minutes"], expected["longest_minutes"]
    assert low - 0.001 <= least and most <= high + 0.001, f"sessions from {least} to {most} minutes"
    assert abs(mean - (low + high) / 2) <= SIGMAS * (high - low) / math.sqrt(12 * out), f"mean session: {mean:.2f} minutes"
    back, = ask(rows, """
        select count(*) filter (instant < before) from (select instant, lag(instant) over (order by place) as before
        from (select coalesce(logout_timestamp, login_timestamp) as instant, place from logs))""")
    assert back == 0, f"logs that go back in time: {back}"


def check_devices(rows, expected):
    """A user has one to three devices whose ids stay; type, system and agent of a device agree."""
    changed, shared = ask(rows, """
        select count(*) filter (kinds > 1), count(*) filter (owners > 1) from (select device_id,
        count(distinct (device_type, os, user_agent)) as kinds, count(distinct user_id) as owners from logs group by device_id)""")
    assert (changed, shared) == (0, 0), f"devices that change: {changed}, that are shared: {shared}"
    single, most, users = ask(rows, """
        select count(*) filter (devices = 1), max(devices), count(*) from
        (select count(distinct device_id) as devices from logs group by user_id having count(*) >= 20)""")
    assert most == expected["devices"], f"devices of one user: {most}"
    close("users of one device", single, users, expected["one_device"])
    known = {(row["device_type"], row["os"], row["agent"]): float(row["weight"]) for row in words("user_agents")}
    devices = rows.execute("select device_type, os, user_agent, count(distinct device_id) from logs group by all").fetchall()
    strangers = [row[:3] for row in devices if row[:3] not in known]
    assert not strangers, f"device that does not exist: {strangers[0]}"
    total = sum(row[3] for row in devices)
    for kind in ("mobile", "desktop", "tablet"):
        share = sum(weight for row, weight in known.items() if row[0] == kind) / sum(known.values())
        close(f"{kind} devices", sum(row[3] for row in devices if row[0] == kind), total, share)


def check_addresses(rows, expected):
    """Addresses of machines lie in ranges that are reserved for documentation, testing or private use."""
    wild, = ask(rows, r"""
        select count(*) from logs where not regexp_full_match(ip_address, '(192\.0\.2|198\.51\.100|203\.0\.113|192\.168\.\d+|198\.1[89]\.\d+|'
        || '10\.\d+\.\d+|172\.(1[6-9]|2\d|3[01])\.\d+|100\.(6[4-9]|[789]\d|1[01]\d|12[0-7])\.\d+)\.\d+')""")
    assert wild == 0, f"addresses outside: {wild}"


PROFILE_CHECKS = {
    check_one_population: [("users", "first_id")],
    check_persons: [("youngest", "oldest")],
    check_homes: [],
    check_scores: [("signup_days", "recent_days")],
    check_risk_levels: [("low_risk_score", "medium_risk_score"), ("risk_by_country", "risk_by_chance")],
    check_sessions: [("logged_out", "one_device"), ("shortest_minutes", "longest_minutes")],
    check_devices: [("devices", "one_device")],
    check_addresses: [],
}
