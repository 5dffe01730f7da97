"""For proving that every rule of the style check can fail, and that what is allowed passes."""
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / "tools" / "check_style.py"
FIRST = "// For trying a rule.\n"
UNFINISHED = "TO" + "DO"


def run(root: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)


def tree(tmp_path: pathlib.Path, file: str, text: str | bytes) -> pathlib.Path:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


@pytest.mark.parametrize("file, text", [
    ("src/base/time.h", FIRST + "int64_t now();\n"),
    ("src/base/time.cpp", '#include "base/time.h"\n'),
    ("src/base/time_test.cpp", "#include <doctest/doctest.h>\n"),
    ("src/engine/pacer.cpp", FIRST + "auto now = std::chrono::system_clock::now();\n"),
    ("src/sink/s3/signer.cpp", FIRST + "auto now = time(nullptr);\n"),
    ("src/base/time.cpp", FIRST + "int64_t row_time(int64_t); auto t = clock.time(0); // not time(nullptr)\n"),
    ("src/base/print.cpp", FIRST + 'const char* text = "std::exp(x) class TextManager";\n'),
    ("src/base/math_test.cpp", FIRST + "CHECK(log_of(x) == std::log(x));\n"),
    ("src/engine/progress.cpp", FIRST + "double digits = std::log10(x);\n"),
    ("src/generate/source.cpp", FIRST + "double root = std::sqrt(x) + base.exp(x);\n"),
    ("src/base/print.cpp", FIRST + "class CommandLine {};\n"),
    ("src/base/print.cpp", FIRST + "\n" * 599),
    ("src/base/print.cpp", FIRST + "void f() {\n" + "  g();\n" * 68 + "}\n"),
    ("src/base/print.cpp", FIRST + "struct Wide {\n" + "  void f() { g(); }\n" * 80 + "};\n"),
    ("src/base/print.cpp", FIRST + "const std::vector<int> numbers = {\n" + "  1,\n" * 80 + "};\n"),
    ("src/base/print.cpp", FIRST + "namespace a { struct Twin {}; }\nnamespace b { struct Twin {}; struct C { struct Twin {}; }; }\n"),
    ("src/base/print.cpp", FIRST + "namespace a { struct Twin; struct Twin {}; }\n"),
    ("tests/lint/blank.yaml", b"a: 1 \nbad: \xff"),
    ("docs/index.md", "# A page\n"),
])
def test_what_is_allowed_passes(tmp_path, file, text):
    result = run(tree(tmp_path, file, text))
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("file, text, line, message", [
    ("src/base/time.cpp", FIRST + "auto now = std::chrono::system_clock::now();\n", 2, "time and chance are inputs"),
    ("src/pack/load.cpp", FIRST + "std::random_device device;\n", 2, "time and chance are inputs"),
    ("src/generate/flat.cpp", FIRST + "int n = std::rand();\n", 2, "time and chance are inputs"),
    ("src/generate/flat.cpp", FIRST + "int n = rand();\n", 2, "time and chance are inputs"),
    ("src/format/csv/csv.cpp", FIRST + "auto now = time(nullptr);\n", 2, "time and chance are inputs"),
    ("src/language/yaml.cpp", FIRST + "clock_gettime(CLOCK_REALTIME, &now);\n", 2, "time and chance are inputs"),
    ("src/pack/load_test.cpp", FIRST + "std::random_device device;\n", 2, "time and chance are inputs"),
    ("src/generate/kernels/normal.cpp", FIRST + "double y = std::log(x);\n", 2, "bytes would depend on the library"),
    ("src/generate/kernels/normal.cpp", FIRST + "double y = std::exp(x);\n", 2, "bytes would depend on the library"),
    ("src/pack/lower.cpp", FIRST + "double y = std::pow(x, 2);\n", 2, "bytes would depend on the library"),
    ("src/pack/lower.cpp", FIRST + "double y = std::cos(x);\n", 2, "bytes would depend on the library"),
    ("src/base/math.cpp", FIRST + "double y = std::sin(x);\n", 2, "bytes would depend on the library"),
    ("src/generate/flat.cpp", FIRST + "std::normal_distribution<double> d;\n", 2, "bytes would depend on the library"),
    ("src/generate/flat.cpp", FIRST + "std::shuffle(a, b, g);\n", 2, "bytes would depend on the library"),
    ("src/base/time.h", "#pragma once\n", 1, "first line must say what the file is for"),
    ("src/base/time.cpp", '#include "base/print.h"\n', 1, "first line must say what the file is for"),
    ("src/base/time.h", '#include "base/time.h"\n', 1, "first line must say what the file is for"),
    ("src/base/print.cpp", FIRST + "\n" * 600, 601, "more than 600 lines: 601"),
    ("src/base/print.cpp", FIRST + "class TextManager {};\n", 2, "type name says nothing: TextManager"),
    ("src/base/print.cpp", FIRST + "struct SinkHelper {};\n", 2, "type name says nothing: SinkHelper"),
    ("src/base/print.cpp", FIRST + "struct TextUtils {};\n", 2, "type name says nothing: TextUtils"),
    ("src/base/print.cpp", FIRST + "using CommonThing = int;\n", 2, "type name says nothing: CommonThing"),
    ("src/base/text_utils.h", FIRST, 1, "file name says nothing"),
    ("src/base/print.cpp", FIRST + "int f(int a) {\n" + "  g();\n" * 69 + "}\n", 2, "more than 70 lines: 71"),
    ("src/base/print.cpp", FIRST + "namespace a {\nstruct B {\n\n  int f() const {\n" + "  g();\n" * 69 + "}\n};\n}\n", 5,
     "more than 70 lines: 71"),
    ("src/base/print.cpp", FIRST + "A::A() : a_{1}, b_(2) {\n" + "  g();\n" * 69 + "}\n", 2, "more than 70 lines: 71"),
    ("src/base/print_test.cpp", FIRST + 'TEST_CASE("a") {\n' + "  g();\n" * 69 + "}\n", 2, "more than 70 lines: 71"),
    ("src/base/time.h", FIRST + f"// {UNFINISHED}: more\n", 2, "unfinished"),
    ("tests/test_more.py", f'"""For more."""\n# {UNFINISHED}\n', 2, "unfinished"),
    ("docs/index.md", "# A page \n", 1, "blank at the end"),
    ("docs/index.md", "# A page", 1, "no newline at the end"),
    ("docs/index.md", b"# A page \xff\n", 1, "not UTF-8"),
])
def test_each_rule_fails_with_its_place(tmp_path, file, text, line, message):
    result = run(tree(tmp_path, file, text))
    assert result.returncode == 1, "the rule did not fire"
    assert f"{file}:{line}: " in result.stdout
    assert message in result.stdout


def test_all_mistakes_are_reported_at_once(tmp_path):
    tree(tmp_path, "docs/one.md", "blank \n")
    tree(tmp_path, "docs/two.md", "blank \n")
    assert len(run(tmp_path).stdout.splitlines()) == 2


def test_two_types_of_one_name_in_one_namespace_are_refused(tmp_path):
    text = "namespace a::b {\n%s Twin final : Other {};\n}\n"
    tree(tmp_path, "src/base/first.h", FIRST + text % "struct")
    tree(tmp_path, "src/sink/s3/second.h", FIRST + text % "enum class")
    result = run(tree(tmp_path, "src/sink/third.h", FIRST + "namespace a {\nnamespace b {\n" + "class Twin;\n}\n}\n"))
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "src/sink/s3/second.h:3: another type has this name, in src/base/first.h: a::b::Twin"]


def test_types_of_one_file_alone_have_any_name(tmp_path):
    tree(tmp_path, "src/base/first.cpp", FIRST + "namespace a {\nnamespace {\nclass Reader {};\n}\n}\n")
    result = run(tree(tmp_path, "src/base/second.cpp", FIRST + "namespace a {\nnamespace {\nclass Reader {};\n}\n}\n"))
    assert result.returncode == 0, result.stdout


WORDS = "# A page\n\n| word | means | never |\n|---|---|---|\n| sink | delivers bytes | destination, way out |\n| run | once | |\n"


@pytest.mark.parametrize("file, text, line", [
    ("src/sink/sink.h", FIRST + "class DestinationList {};\n", 2),
    ("src/sink/sink.h", FIRST + "int rows_of_destination();\n", 2),
    ("src/sink/sink.h", FIRST + "/// Opens the destinations.\n", 2),
    ("src/sink/sink.h", FIRST + "struct WayOut {};\n", 2),
    ("docs/delivery.md", "# Delivery\n\nA way out is opened.\n", 3),
])
def test_a_thing_is_called_by_its_own_word(tmp_path, file, text, line):
    tree(tmp_path, "docs/index.md", WORDS)
    result = run(tree(tmp_path, file, text))
    assert f"{file}:{line}: docs/index.md has another word for this: " in result.stdout
    assert result.returncode == 1


@pytest.mark.parametrize("file, text", [
    ("src/sink/sink.h", FIRST + 'const char* theirs = "destination";\nint predestination, outdestinationed;\n'),
    ("docs/delivery.md", "# Delivery\n\nTheir `destination`:\n\n```\ndestination 1\n```\n"),
    ("tests/lint/sink.yaml", "destination: way out\n"),
])
def test_the_words_of_others_may_be_quoted(tmp_path, file, text):
    tree(tmp_path, "docs/index.md", WORDS)
    result = run(tree(tmp_path, file, text))
    assert result.returncode == 0, result.stdout
