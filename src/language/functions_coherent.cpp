// For the functions that make coherent things: one human being, one place, one company, addresses of machines.
#include <algorithm>

#include "base/print.h"
#include "base/random.h"
#include "base/text.h"
#include "language/functions.h"

namespace headwater {

namespace {

/// Words of one call, by name: adding a member changes no other.
struct Words {
    Compiler* compiler;
    Context context;
    uint64_t place;

    Reg operator()(const char* name) const {
        return compiler->build.emit(Op::draw, Phys::i64, Phys::i64, {context.base},
                                    {.imm = static_cast<int64_t>(place + key_of(name))});
    }
};

std::optional<Words> words_of(Compiler& compiler, const Context& context, const Expression& call) {
    if (compiler.word(context, call) == no_reg) return std::nullopt;
    return Words{&compiler, context, Compiler::place_key(context, call)};
}

Meaning column(Compiler& compiler, const ConstantList& list, const std::string& name, Reg index) {
    return compiler.text_index(index, list.values[*column_of(list, name)]);
}

/// Changes every text of a dictionary.
template <typename Change>
Meaning changed(Compiler& compiler, const Meaning& text, Change change) {
    auto table = std::make_shared<Table>();
    table->phys = Phys::text;
    for (const std::string& value : text.texts->text) table->text.push_back(change(value));
    return compiler.text_index(text.reg, table);
}

std::string slug_of(const std::string& text) {
    std::string slug;
    for (const char c : text)
        if (is_letter_or_digit(c)) slug += lower(c);
    return slug;
}

Meaning join(std::vector<std::pair<std::string, Meaning>> pieces, const std::string& end = "") {
    Meaning text = scalar(type_of(Kind::text), no_reg);
    text.text_form = TextForm::parts;
    text.plain = is_plain(end);
    for (auto& [literal, value] : pieces) {
        const bool is_text = value.type.kind == Kind::text;
        text.plain = text.plain && is_plain(literal) && (!is_text || value.plain);
        if (is_text && value.text_form == TextForm::parts) {
            text.parts.push_back(PartMeaning{literal, nullptr});
            text.parts.insert(text.parts.end(), value.parts.begin(), value.parts.end());
        } else {
            text.parts.push_back(PartMeaning{literal, std::make_shared<Meaning>(value)});
        }
    }
    if (!end.empty()) text.parts.push_back(PartMeaning{end, nullptr});
    return text;
}

Meaning whole(Compiler& compiler, Reg word, int64_t low, int64_t high) {
    return compiler.with_bounds(compiler.integer(compiler.build.emit(Op::below, Phys::i32, Phys::i32, {word},
                                                                     {.imm = low, .imm2 = high - low + 1})),
                                low, high);
}

/// Two digits with a leading zero, from a dictionary.
Meaning two_digits(Compiler& compiler, Reg word) {
    auto table = std::make_shared<Table>();
    table->phys = Phys::text;
    for (int i = 0; i < 100; ++i)
        table->text.push_back(std::string(1, static_cast<char>('0' + i / 10)) + static_cast<char>('0' + i % 10));
    return compiler.text_index(compiler.build.emit(Op::below, Phys::u8, Phys::u8, {word}, {.imm = 0, .imm2 = 100}),
                               table);
}

Meaning word_column(Compiler& compiler, const std::string& file, const std::string& name, Reg word) {
    const auto list = compiler.words(file);
    return column(compiler, *list, name, pick_row(compiler, *list, word));
}

/// First name by gender, as one dictionary text.
Meaning first_name(Compiler& compiler, const Context& context, const Words& word, Reg is_female) {
    const auto all = compiler.words("first_names.csv");
    auto of_gender = [&](const std::string& gender) {
        auto& known = compiler.shared->cuts["first_names.csv gender " + gender];
        if (!known) known = rows_where(*all, "gender", gender);
        return known;
    };
    const auto women = of_gender("f");
    const auto men = of_gender("m");
    return compiler.choose(context, context.source.at, is_female,
                           column(compiler, *women, "name", pick_row(compiler, *women, word("female_name"))),
                           column(compiler, *men, "name", pick_row(compiler, *men, word("male_name"))));
}

/// The e-mail and user name of someone: first, last and two to four digits, in a domain reserved for examples (RFC 2606).
Meaning user_name(Compiler& compiler, const Words& word, const Meaning& first, const Meaning& last) {
    return join({{"", changed(compiler, first, slug_of)},
                 {".", changed(compiler, last, slug_of)},
                 {"", whole(compiler, word("handle"), 10, 9999)}});
}

Meaning compile_person(Compiler& compiler, const Context& context, const Expression& call) {
    const auto word = words_of(compiler, context, call);
    if (!word) return Meaning{};
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    auto record = std::make_shared<RecordMeaning>();
    record->names = {"name", "first_name", "last_name", "gender", "prefix", "email", "username", "phone", "birth_date"};
    record->member = [&compiler, context, word = *word, at = call.at](const std::string& name) -> Meaning {
        ProgramBuilder& build = compiler.build;
        const Reg female = build.emit(Op::chance, Phys::u8, Phys::u8, {word("gender")}, {.real = 0.5});
        auto first = [&] { return first_name(compiler, context, word, female); };
        auto last = [&] { return word_column(compiler, "last_names.csv", "name", word("last_name")); };
        if (name == "first_name") return first();
        if (name == "last_name") return last();
        if (name == "name") return join({{"", first()}, {" ", last()}});
        if (name == "gender")
            return compiler.choose(context, at, female, compiler.text_constant("female"),
                                   compiler.text_constant("male"));
        if (name == "prefix")
            return compiler.choose(context, at, female, compiler.text_constant("Ms."), compiler.text_constant("Mr."));
        if (name == "username") return user_name(compiler, word, first(), last());
        if (name == "email") {
            return join({{"", user_name(compiler, word, first(), last())},
                         {"@", word_column(compiler, "email_domains.csv", "name", word("domain"))}});
        }
        if (name == "phone") {  // 555-0100 to 555-0199 are reserved for fiction (NANPA)
            return join({{"+1-", whole(compiler, word("area_code"), 201, 989)},
                         {"-555-01", two_digits(compiler, word("line"))}});
        }
        // 18 to 90 years old when the run starts
        std::optional<Meaning> start;
        for (Scope* scope = context.scope; scope && !start; scope = scope->outer)
            start = scope->find(compiler, context, "start");
        const Reg today =
            build.emit(Op::time_part, Phys::i64, Phys::i64,
                       {start ? compiler.as_i64(*start) : build.integer(1'767'225'600'000'000)}, {.imm = 0});
        const Reg age =
            build.emit(Op::below, Phys::i32, Phys::i32, {word("age")}, {.imm = 18 * 365 + 5, .imm2 = 72 * 365});
        return scalar(type_of(Kind::date), build.emit(Op::sub, Phys::i64, {today, build.convert(age, Phys::i64)}));
    };
    meaning.record = record;
    return meaning;
}

Meaning compile_place(Compiler& compiler, const Context& context, const Expression& call) {
    const auto word = words_of(compiler, context, call);
    if (!word) return Meaning{};
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    auto record = std::make_shared<RecordMeaning>();
    record->names = {"address", "street",       "city",     "region",   "postal_code",
                     "country", "country_name", "latitude", "longitude"};
    record->member = [&compiler, context, word = *word](const std::string& name) -> Meaning {
        ProgramBuilder& build = compiler.build;
        const auto cities = compiler.words("cities.csv");
        const Reg row = pick_row(compiler, *cities, word("city"));
        auto street = [&] {
            return join({{"", whole(compiler, word("house"), 1, 9999)},
                         {" ", word_column(compiler, "streets.csv", "name", word("street"))},
                         {" ", word_column(compiler, "street_suffixes.csv", "name", word("street_suffix"))}});
        };
        auto postal_code = [&] {
            const Reg pattern = compiler.as_text(column(compiler, *cities, "postal", row));
            Meaning text = scalar(type_of(Kind::text),
                                  build.emit(Op::pattern, Phys::text, Phys::text, {word("postal_code"), pattern}));
            text.plain = true;
            return text;
        };
        if (name == "street") return street();
        if (name == "city" || name == "region" || name == "country") return column(compiler, *cities, name, row);
        if (name == "postal_code") return postal_code();
        if (name == "address") {
            return join({{"", street()},
                         {", ", column(compiler, *cities, "city", row)},
                         {", ", column(compiler, *cities, "region", row)},
                         {" ", postal_code()}});
        }
        if (name == "country_name") {
            const auto countries = compiler.words("countries.csv");
            const auto& codes = countries->values[*column_of(*countries, "code")]->text;
            const auto& names = countries->values[*column_of(*countries, "name")]->text;
            return changed(compiler, column(compiler, *cities, "country", row), [&](const std::string& code) {
                const auto found = std::find(codes.begin(), codes.end(), code);
                return found == codes.end() ? code : names[static_cast<size_t>(found - codes.begin())];
            });
        }
        const auto& values = cities->values[*column_of(*cities, name)];
        return compiler.real(build.emit(Op::take, Phys::f64, Phys::f64, {row}, {.table = build.table(values)}));
    };
    meaning.record = record;
    return meaning;
}

Meaning compile_company(Compiler& compiler, const Context& context, const Expression& call) {
    const auto word = words_of(compiler, context, call);
    if (!word) return Meaning{};
    ProgramBuilder& build = compiler.build;
    const Position at = call.at;
    // "Last Inc" in 60 %, "Last-Last" in 20 %, "Last, Last and Last" in 20 %
    auto forms = std::make_shared<Table>();
    forms->phys = Phys::f64;
    forms->f64 = {60, 20, 20};
    forms->alias = Alias::of(forms->f64);
    const Reg form = build.emit(Op::alias, Phys::u8, Phys::u8, {(*word)("form")}, {.table = build.table(forms)});
    auto by_form = [&](std::vector<std::string> texts) {
        auto table = std::make_shared<Table>();
        table->phys = Phys::text;
        table->text = std::move(texts);
        return compiler.text_index(form, table);
    };
    auto last = [&](const char* name) { return word_column(compiler, "last_names.csv", "name", (*word)(name)); };
    const Reg first_form = build.emit(Op::equal, Phys::u8, Phys::u8, {form, build.integer(0, Phys::u8)});
    const Reg third_form = build.emit(Op::equal, Phys::u8, Phys::u8, {form, build.integer(2, Phys::u8)});
    const Meaning second =
        compiler.choose(context, at, first_form,
                        word_column(compiler, "company_suffixes.csv", "name", (*word)("suffix")), last("second"));
    const Meaning third = compiler.choose(context, at, third_form, last("third"), compiler.text_constant(""));
    return join({{"", last("first")},
                 {"", by_form({" ", "-", ", "})},
                 {"", second},
                 {"", by_form({"", "", " and "})},
                 {"", third}});
}

Meaning compile_ipv4(Compiler& compiler, const Context& context, const Expression& call) {
    const auto word = words_of(compiler, context, call);
    if (!word) return Meaning{};
    // 198.18.0.0/15 is reserved for tests between networks (RFC 2544): no host of anyone
    return join({{"198.", whole(compiler, (*word)("second"), 18, 19)},
                 {".", whole(compiler, (*word)("third"), 0, 255)},
                 {".", whole(compiler, (*word)("fourth"), 1, 254)}});
}

Meaning compile_email(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning person = compile_person(compiler, context, call);
    return person.broken() ? person : person.record->member("email");
}

Meaning compile_username(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning person = compile_person(compiler, context, call);
    return person.broken() ? person : person.record->member("username");
}

constexpr int64_t most_agent_copies = 400;

Meaning compile_user_agent(Compiler& compiler, const Context& context, const Expression& call) {
    const auto word = words_of(compiler, context, call);
    if (!word) return Meaning{};
    ProgramBuilder& build = compiler.build;
    const auto agents = compiler.words("user_agents.csv");
    if (call.children.size() == 1)
        return column(compiler, *agents, "agent", pick_row(compiler, *agents, (*word)("agent")));
    const Expression& os_at = argument_at(call, 0);
    const Meaning os = argument(compiler, context, call, 0);
    if (os.broken()) return os;
    std::vector<std::string> wanted;
    if (const auto known = compiler.constant_text(os)) wanted = {*known};
    if (os.is_kind_of(Kind::text) && os.text_form == TextForm::index) wanted = os.texts->text;
    if (wanted.empty()) {
        return compiler.fail(context, os_at,
                             "The system of user_agent() comes from a list or is written out: " + spell(os_at));
    }
    const auto& systems = agents->values[*column_of(*agents, "os")]->text;
    auto places = std::make_shared<Table>();
    auto first = std::make_shared<Table>();
    auto size = std::make_shared<Table>();
    places->phys = Phys::i32;
    first->phys = size->phys = Phys::i64;
    for (const std::string& name : wanted) {
        double total = 0;
        for (size_t i = 0; i < systems.size(); ++i) total += systems[i] == name ? agents->weights->f64[i] : 0;
        if (total == 0) {
            std::vector<std::string> known = systems;
            std::sort(known.begin(), known.end());
            known.erase(std::unique(known.begin(), known.end()), known.end());
            return compiler.fail(context, os_at, "No user agents are known for: " + name, suggest(name, known));
        }
        first->i64.push_back(static_cast<int64_t>(places->i32.size()));
        for (size_t i = 0; i < systems.size(); ++i) {
            if (systems[i] != name) continue;
            const auto copies = static_cast<int64_t>(agents->weights->f64[i] / total * most_agent_copies + 0.5);
            for (int64_t copy = 0; copy < std::max<int64_t>(copies, 1); ++copy)
                places->i32.push_back(static_cast<int32_t>(i));
        }
        size->i64.push_back(static_cast<int64_t>(places->i32.size()) - first->i64.back());
    }
    const Reg system = wanted.size() == 1 ? build.integer(0, Phys::u8) : os.reg;
    const Reg from = build.emit(Op::take, Phys::i64, Phys::i64, {system}, {.table = build.table(first)});
    const Reg width = build.emit(Op::take, Phys::i64, Phys::i64, {system}, {.table = build.table(size)});
    const Reg place = build.emit(Op::below_reg, Phys::i64, Phys::i64, {(*word)("agent"), from, width});
    const Reg row = build.emit(Op::take, Phys::i32, Phys::i32, {place}, {.table = build.table(places)});
    return column(compiler, *agents, "agent", row);
}

}  // namespace

void add_coherent_things(std::vector<Function>& functions) {
    const std::string group = "coherent things";
    functions.insert(
        functions.end(),
        {{"person", group, "person()",
          "One human being: name, first_name, last_name, gender, prefix, email, username, phone, birth_date (18 to "
          "90 years old).",
          "person().email", 0, 0, compile_person},
         {"place", group, "place()",
          "One place: address, street, city, region, postal_code, country, country_name, latitude, longitude.",
          "place().city", 0, 0, compile_place},
         {"company", group, "company()", "The name of a company.", "company()", 0, 0, compile_company},
         {"email", group, "email()", "An e-mail address in a domain reserved for examples.", "email()", 0, 0,
          compile_email},
         {"username", group, "username()", "A user name.", "username()", 0, 0, compile_username},
         {"ipv4", group, "ipv4()", "An IPv4 address of the range reserved for tests, 198.18.0.0/15.", "ipv4()", 0, 0,
          compile_ipv4},
         {"user_agent", group, "user_agent(os)", "A browser's user agent of today, of one operating system or of any.",
          "user_agent(\"iOS\")", 0, 1, compile_user_agent}});
}

}  // namespace headwater
