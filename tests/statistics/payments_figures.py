"""For the numbers that the payments pack promises, in one place: what the checks compare with."""
import csv
import math
import pathlib

PACKS = pathlib.Path(__file__).resolve().parents[2] / "packs"

FIGURES = {
    "users": 9000,
    "first_id": 1000,
    # Chances of the rules, and what they set.
    "account_takeover": 0.30,
    "card_testing": 0.25,
    "merchant_collusion": 0.15,
    "geographical_anomaly": 0.10,
    "baseline": 0.002,
    "takeover_amount": (500, 5000),
    "testing_amount": (0.01, 2),
    "collusion_amount": (300, 1500),
    "baseline_amount": (100, 2000),
    "label_hidden": 0.015,
    # Bounds of the pack as a whole.
    "rule_floor": 1 / 20_000,
    "frauds_low": 0.003,
    "frauds_high": 0.01,
    # What feeds the rules.
    "card_probing": 0.003,
    "stolen_use": 0.005,
    "high_risk_share": 0.015,
    "travel": 0.04,
    "spending_skew": 0.8,
    "shop_skew": 0.9,
    "typical_purchase": 80,
    "purchase_spread": 1.2,
    "typical_loan": 1500,
    "loan_spread": 0.7,
    # When things happen; weekdays from Monday.
    "hours": [0.35, 0.2, 0.1, 0.1, 0.1, 0.2, 0.45, 0.8, 1.1, 1.3, 1.4, 1.5,
              1.6, 1.5, 1.4, 1.4, 1.5, 1.6, 1.7, 1.6, 1.4, 1.2, 0.9, 0.6],
    "week": [0.95, 0.95, 0.97, 1, 1.13, 1.15, 0.85],
    # Profiles.
    "youngest": 18,
    "oldest": 90,
    "low_risk_score": 700,
    "medium_risk_score": 500,
    "risk_by_country": 0.5,
    "risk_by_chance": 0.01,
    "signup_days": 730,
    "recent_days": 30,
    # Device logs.
    "logged_out": 0.7,
    "shortest_minutes": 1,
    "longest_minutes": 60,
    "devices": 3,
    "one_device": 1 / 3,
}
HIGH_RISK_MERCHANTS = ("QuickCash", "PaydayLoan", "LoanShark")
HIGH_RISK_COUNTRIES = ("NG", "IR", "SY", "KP")
ANOMALOUS_COUNTRIES = ("CN", "GB", "RU")
RULES = ("account_takeover", "card_testing", "merchant_collusion", "geographical_anomaly", "baseline")


def words(name: str) -> list[dict[str, str]]:
    """Reads a word list of packs/words as rows by column."""
    with (PACKS / "words" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def zipf_shares(count: int, skew: float) -> list[float]:
    """Gives the shares of ranks 1 .. count under the zipf law."""
    weights = [rank ** -skew for rank in range(1, count + 1)]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def exceeds(amount: float, median: float, spread: float) -> float:
    """Gives the share of a log-normal law that lies above an amount."""
    return 0.5 * math.erfc((math.log(amount) - math.log(median)) / spread / math.sqrt(2))
