// For types as packs write them.
#include "language/type_syntax.h"

#include <doctest/doctest.h>

namespace headwater {

namespace {

struct Outcome {
    std::optional<DeclaredType> type;
    std::vector<Diagnostic> found;
};

Outcome read(const std::string& text) {
    Diagnostics diagnostics;
    auto type = read_type(text, {"p.yaml", "streams.s.types.a", {3, 10}}, diagnostics);
    return {std::move(type), diagnostics.sorted()};
}

Type type_in(const std::string& text) {
    const Outcome outcome = read(text);
    REQUIRE(outcome.type.has_value());
    CHECK(outcome.found.empty());
    return outcome.type->type;
}

std::string mistake_in(const std::string& text) {
    const Outcome outcome = read(text);
    CHECK(!outcome.type.has_value());
    REQUIRE(outcome.found.size() == 1);
    return outcome.found[0].message + " (" + outcome.found[0].hint + ")";
}

}  // namespace

TEST_SUITE("type syntax") {
    TEST_CASE("each kind is read with what stands in its parentheses") {
        CHECK(type_in("bool").kind == Kind::boolean);
        CHECK(type_in("  text ").kind == Kind::text);
        CHECK(type_in("decimal(4)").scale == 4);
        CHECK(type_in("instant").unit == TimeUnit::milli);
        CHECK(type_in("instant(us, offset)").form == InstantForm::offset);
        CHECK(type_in("instant(s, local)").form == InstantForm::local);
        CHECK(type_in("epoch(us)").form == InstantForm::epoch);
        CHECK(type_in("epoch(us)").unit == TimeUnit::micro);
    }

    TEST_CASE("a set of texts keeps their order") {
        CHECK(type_in("open | closed|on hold").symbols == std::vector<std::string>{"open", "closed", "on hold"});
    }

    TEST_CASE("lists and maps say what they hold") {
        const Type list = type_in("list of decimal(1)");
        CHECK(list.kind == Kind::list);
        CHECK(list.fields.at(0).type.scale == 1);
        CHECK(type_in("map of text").fields.at(0).type.kind == Kind::text);
    }

    TEST_CASE("null and personal data stand behind the type, in either order") {
        CHECK(read("int or null").type->nullable);
        CHECK(read("text pii").type->pii);
        for (const char* both : {"text or null pii", "text pii or null"}) {
            CHECK(read(both).type->nullable);
            CHECK(read(both).type->pii);
        }
        CHECK(!read("text").type->nullable);
    }

    TEST_CASE("a mistake names what was read and how to mend it") {
        CHECK(mistake_in("string").starts_with("Unknown type: string (Allowed: bool, int, "));
        CHECK(mistake_in("decmal(2)") == "Unknown type: decmal(2) (Did you mean \"decimal\"?)");
        CHECK(mistake_in("decimal") ==
              "A decimal has 0 to 9 digits behind the point: decimal (Write decimal(2) for two digits.)");
        CHECK(mistake_in("decimal(2") == "A parenthesis is not closed: decimal(2 (Write decimal(2).)");
        CHECK(mistake_in("instant(m)") == "The unit of an instant is s, ms or us: instant(m) (Write instant(ms).)");
        CHECK(mistake_in("a | | b").starts_with("A set of texts has an empty place: a | | b"));
        CHECK(mistake_in("a | a") == "A text stands twice in a set: a ()");
        CHECK(mistake_in("list") == "A list says what it holds: list (Write list of text.)");
    }

    TEST_CASE("a mistake inside a list is placed there") {
        const Outcome outcome = read("list of strin");
        REQUIRE(outcome.found.size() == 1);
        CHECK(outcome.found[0].at.column == 18);
    }
}

}  // namespace headwater
