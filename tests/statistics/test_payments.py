"""For the payments pack: what it pours has the rates, joins and distributions that it promises, and each check can fail."""
import copy

import duckdb
import pytest

from payments_checks import CHECKS, prepare
from payments_figures import FIGURES
from payments_model import model
from profile_checks import PROFILE_CHECKS

SIZES = [pytest.param(2_000_000, id="2M"), pytest.param(10_000_000, id="10M", marks=pytest.mark.long)]
START = "2026-06-01T00:00:00Z"
LOGS = 300_000


def swapped(figures, first, second):
    """Gives the figures with two of them swapped; a pair names an item of a list."""
    figures = copy.deepcopy(figures)

    def held(name):
        return (figures[name[0]], name[1]) if isinstance(name, tuple) else (figures, name)

    (one, i), (other, j) = held(first), held(second)
    one[i], other[j] = other[j], one[i]
    return figures


def swaps_of(checks):
    return [pytest.param(check, pair, id=f"{check.__name__}-{'-'.join(map(str, pair))}") for check, pairs in checks.items() for pair in pairs]


def parquet(folder, stream):
    """Names the Parquet files of a stream below a folder."""
    files = sorted(str(path) for path in folder.rglob("*.parquet") if stream in str(path.relative_to(folder)))
    assert files, f"no Parquet files of {stream} in {folder}"
    return files


@pytest.fixture(scope="module")
def modelled():
    rows = model(1_000_000)
    prepare(rows)
    yield rows
    rows.close()


@pytest.fixture(scope="module")
def people(headwater, tmp_path_factory):
    """Gives the folder of the profiles and logs of one run."""
    folder = tmp_path_factory.mktemp("people")
    headwater("run", "payments", "--streams", "user_profiles,device_logs", "--count", f"device_logs={LOGS}", "--start", START,
              "--to", f"file:{folder}", "--format", "parquet", "--quiet")
    return folder


def land_people(rows, folder):
    """Makes the tables profiles and logs of what was poured."""
    rows.execute("create table profiles as from read_parquet(?)", [parquet(folder, "user_profiles")])
    rows.execute("create table logs as select *, row_number() over (order by filename, file_row_number) as place "
                 "from read_parquet(?, filename = true, file_row_number = true)", [parquet(folder, "device_logs")])


@pytest.fixture(scope="module", params=SIZES)
def poured(request, headwater, people, tmp_path_factory):
    """Gives the rows of a run of the program, twelve days of simulated time; the larger one at the pack's own rate."""
    folder = tmp_path_factory.mktemp("payments")
    headwater("run", "payments", "--streams", "transactions", "--count", request.param, "--start", START,
              "--set", f"payments_rate={request.param // 1_000_000}/s", "--to", f"file:{folder}/data", "--format", "parquet",
              "--answer-key", f"file:{folder}/key?format=parquet", "--quiet")
    rows = duckdb.connect(str(folder / "rows.duckdb"))
    rows.execute("set timezone = 'UTC'")
    rows.execute("create table labels as select key, name from read_parquet(?) where kind = 'label'",
                 [parquet(folder / "key", "transactions")])
    rows.execute("""
        create table payments as select data.* exclude (timestamp, filename, file_row_number), timestamp::timestamp as paid_at,
               name as label, row_number() over (order by filename, file_row_number) as place
        from read_parquet(?, filename = true, file_row_number = true) as data
        left join labels on labels.key = data.transaction_id::varchar""", [parquet(folder / "data", "transactions")])
    land_people(rows, people)
    prepare(rows)
    yield rows
    rows.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_model_meets_the_figures(check, modelled):
    check(modelled, FIGURES)


@pytest.mark.parametrize("check, pair", swaps_of(CHECKS))
def test_a_check_of_the_model_turns_red_when_two_figures_are_swapped(check, pair, modelled):
    with pytest.raises(AssertionError):
        check(modelled, swapped(FIGURES, *pair))


@pytest.mark.parametrize("check", CHECKS | PROFILE_CHECKS, ids=lambda check: check.__name__)
def test_the_pack_meets_the_figures(check, poured):
    check(poured, FIGURES)


@pytest.mark.parametrize("check, pair", swaps_of(CHECKS | PROFILE_CHECKS))
def test_a_check_of_the_pack_turns_red_when_two_figures_are_swapped(check, pair, poured):
    with pytest.raises(AssertionError):
        check(poured, swapped(FIGURES, *pair))
