// For compiling expressions to a typed register program: names, types, operators, functions.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/digits.h"
#include "language/builder.h"
#include "language/diagnostic.h"
#include "language/expression.h"
#include "language/meaning.h"

namespace headwater {

class Compiler;
struct Context;

/// Where names are looked up; scopes are chained by Context::scope -> outer.
class Scope {
  public:
    virtual ~Scope() = default;
    /// Gives the meaning of a name, or nothing when it is not known here.
    virtual std::optional<Meaning> find(Compiler& compiler, const Context& context, const std::string& name) = 0;
    /// Adds the names known here, for suggestions.
    virtual void names(std::vector<std::string>& out) const = 0;
    Scope* outer = nullptr;
};

/// A kind of entity as expressions see it.
class EntityKind {
  public:
    virtual ~EntityKind() = default;
    virtual const std::string& name() const = 0;
    /// Gives how many there are, as i64: a constant, or births by `time`.
    virtual Meaning count(Compiler& compiler, const Context& context) const = 0;
    /// Gives the entity of a number (i64 register, from 1).
    virtual Meaning entity(Compiler& compiler, const Context& context, Reg number) const = 0;
    /// Gives the parent kind's name when it is a child, else "".
    virtual const std::string& parent() const = 0;
};

/// An earlier or chosen row of a flat stream.
class StreamRows {
  public:
    virtual ~StreamRows() = default;
    virtual Meaning count_before(Compiler& compiler, const Context& context) const = 0;
    virtual Meaning row(Compiler& compiler, const Context& context, Reg row) const = 0;
};

/// Where an expression stands: in a file, in a frame of the program, at an address of draws.
struct Context {
    Scope* scope = nullptr;
    ExpressionSource source;  ///< file, path and position of the scalar
    std::string place;        ///< path of keys: the address of its draws
    Reg base = no_reg;        ///< base of draws; no_reg where nothing may be drawn
    Reg time = no_reg;        ///< the instant, or no_reg where there is none
    int frame = 0;
    uint64_t owner_key = 0;  ///< address of the stream or kind: seed, pack, name
    uint64_t noise_key = 0;  ///< seed of smooth noise, the same for all of a pack
    const char* no_draw_reason = "Nothing can be drawn here";
};

/// Gives word lists of the program by file name (`first_names.csv`), for coherent things.
using WordLists = std::function<std::shared_ptr<const ConstantList>(const std::string& file)>;

/// One function of the language.
struct Function {
    std::string name;
    std::string group;      ///< draws, choices, coherent things, numbers, lists, time, places, text
    std::string signature;  ///< normal(mean, deviation)
    std::string help;
    std::string example;      ///< an expression that compiles
    int least = 0, most = 0;  ///< positional arguments
    Meaning (*compile)(Compiler&, const Context&, const Expression&) = nullptr;
    std::vector<std::string> options{};  ///< named arguments
};

/// Lists all functions, in the order of the reference page.
const std::vector<Function>& functions();

/// A column of texts as a dictionary: without repetitions, and where each row's text went.
struct PreparedTexts {
    std::shared_ptr<const Table> rows;      ///< as they were
    std::shared_ptr<const Table> distinct;  ///< `rows` itself where no text repeats
    std::shared_ptr<const Table> places;    ///< by row; null where no text repeats
    bool plain = false;
};

/// Gives 10^exponent, 0 <= exponent <= 18.
inline int64_t ten_to(int exponent) { return static_cast<int64_t>(power_of_ten[static_cast<size_t>(exponent)]); }

/// What compilers of one scenario prepare once and share.
struct SharedLists {
    std::map<const Table*, PreparedTexts> texts;
    std::map<std::string, std::shared_ptr<const ConstantList>> cuts;  ///< by list, column and value
};

/// Compiles expressions into one program.
class Compiler {
  public:
    Compiler(ProgramBuilder& builder, Diagnostics& diagnostics, WordLists words);

    ProgramBuilder& build;
    Diagnostics& diagnostics;
    WordLists words;
    std::shared_ptr<SharedLists> shared = std::make_shared<SharedLists>();
    /// Rows the program will make at most, as far as it is known: tables that cost more than that are not made.
    int64_t rows_expected = INT64_MAX;
    /// Scopes of things named by a register in this program, kept as long as it is compiled.
    std::map<std::pair<const void*, Reg>, std::shared_ptr<Scope>> instances;

    Meaning compile(const Context& context, const Expression& expression);
    /// Compiles the text of a scalar: an expression behind `=`, a text with holes, or a literal value.
    Meaning compile_scalar(const Context& context, const Node& node);
    /// Compiles `when`, `where`: a condition, with or without `=`. Null counts as false. Gives a u8 register.
    Reg compile_condition(const Context& context, const Node& node);

    Meaning fail(const Context& context, Position at, std::string message, std::string hint = "");
    Meaning fail(const Context& context, const Expression& at, std::string message, std::string hint = "") {
        return fail(context, at.at, std::move(message), std::move(hint));
    }

    // Draws
    /// Gives word `k` drawn at the place of `call`; reports where nothing can be drawn.
    Reg word(const Context& context, const Expression& call, int k = 0);
    /// Address of the draw of a call: hash of place and index.
    static uint64_t place_key(const Context& context, const Expression& call);

    // Conversions; each reports and gives no_reg when the type does not fit
    Reg as_real(const Context& context, const Expression& at, const Meaning& meaning);
    Reg as_integer(const Context& context, const Expression& at, const Meaning& meaning);
    Reg as_boolean(const Context& context, const Expression& at, const Meaning& meaning);
    Reg as_text(const Meaning& meaning);                ///< any scalar, printed
    Reg as_decimal(const Meaning& meaning, int scale);  ///< any number
    Reg as_i64(const Meaning& meaning) { return build.convert(meaning.reg, Phys::i64); }
    /// Converts a value to a declared type; `what` names the slot in the message.
    Meaning as_type(const Context& context, Position at, const Meaning& meaning, const Type& type,
                    const std::string& what);
    /// Gives a type that can hold both, or nothing.
    std::optional<Type> common_type(const Meaning& a, const Meaning& b) const;
    /// Gives condition ? yes : no in their common type; reports when they have none.
    Meaning choose(const Context& context, Position at, Reg condition, const Meaning& yes, const Meaning& no);
    /// Compares for equality; u8 register, null never equal.
    Meaning equal(const Context& context, const Expression& at, const Meaning& a, const Meaning& b);

    /// Reads a constant of the wanted kind from an argument; reports when it is not constant.
    std::optional<double> constant_real(const Context& context, const Expression& at, const char* what);
    std::optional<std::string> constant_text(const Meaning& meaning) const;
    std::optional<int64_t> constant_integer(const Meaning& meaning) const;

    // Records and lists
    Meaning member(const Context& context, const Expression& at, const Meaning& of, const std::string& name);
    /// Gives row `index` (i64 register, from 0) of a constant list.
    Meaning row_of(const std::shared_ptr<const ConstantList>& list, Reg index);
    /// Turns a constant list into items in a frame, so that it can be summed, filtered or emitted.
    Meaning items_of(const Context& context, const std::shared_ptr<const ConstantList>& list);
    const Expression* option(const Expression& call, const std::string& name) const;
    /// Prints what a meaning is, for messages: `a number`, `text`, `a list`.
    static std::string describe(const Meaning& meaning);
    /// Gives the context of an item of a list: its frame, and a base of draws of its own.
    Context item_context(const Context& context, int frame, Reg index, const std::string& place);

    Meaning text_constant(const std::string& text);
    Meaning text_index(Reg index, std::shared_ptr<const Table> texts);
    Meaning null_value();
    Meaning boolean(Reg reg, Reg null = no_reg) { return with_bounds(scalar(type_of(Kind::boolean), reg, null), 0, 1); }
    Meaning integer(Reg reg, Reg null = no_reg) { return scalar(type_of(Kind::integer), reg, null); }
    Meaning real(Reg reg, Reg null = no_reg) { return scalar(type_of(Kind::real), reg, null); }
    static Meaning with_bounds(Meaning meaning, int64_t low, int64_t high);
    Meaning number_literal(const Context& context, const Expression& expression);

  private:
    Meaning choose_record(const Context& context, Position at, Reg condition, const Meaning& yes, const Meaning& no);
    Meaning choose_scalar(const Context& context, Position at, Reg condition, const Meaning& yes, const Meaning& no);
    Meaning written_time(const Context& context, Position at, const std::string& text, const Type& type);
    /// Reads a written text as what it is compared with, where that is an instant, a date or a duration.
    Meaning as_compared(const Context& context, const Expression& at, const Meaning& meaning, const Meaning& other);
    Meaning compile_name(const Context& context, const Expression& expression);
    Meaning compile_text(const Context& context, const Expression& expression);
    Meaning compile_call(const Context& context, const Expression& expression);
    Meaning compile_unary(const Context& context, const Expression& expression);
    Meaning compile_binary(const Context& context, const Expression& expression);
    Meaning compile_comparison(const Context& context, const Expression& expression, const Meaning& a,
                               const Meaning& b);
    Meaning compile_in(const Context& context, const Expression& expression);
    Meaning compile_in_range(const Context& context, const Expression& expression, const Meaning& value);
    Meaning compile_condition_expression(const Context& context, const Expression& expression);
    Meaning index_into(const Context& context, const Expression& expression, const Meaning& callee);
};

/// Reports an unknown function with the nearest known name.
const Function* find_function(const std::string& name);

}  // namespace headwater
