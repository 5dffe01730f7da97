// For compiling a root kind and all that is born in it: state, phases, steps, journeys, and the streams they emit into.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pack/living_session.h"
#include "pack/streams.h"

namespace headwater {

/// A stream `from:` a kind as it is compiled.
struct StreamScript {
    std::shared_ptr<PlannedStream> planned;
    int kind = 0;
    NamedValues given;  ///< names with a type and no value: every `with` gives them
    SlotCount slots;
    bool is_emitted = false;
    NamedValues told;      ///< tables: what the columns read of the state, as it was when the row was last told of
    Stored told_at, op;    ///< tables: when that was; what has happened to the row, given by the steps that tell of it
    bool is_right = true;  ///< tables: nothing was wrong with the columns
};

/// What an entry of a `set` sets.
struct LivingTarget {
    const KindScript* owner = nullptr;
    std::string name;
    int level = 0;
    int via = -1;  ///< word that refers to the owner, where a step chose it
};

/// Compiles one tree of kinds. Everything wrong is reported; the plan is good when nothing was.
class LivingScript {
  public:
    LivingScript(World& world, Pack& pack, const std::shared_ptr<PlannedKind>& root);

    LivingPlan compile();
    /// Names the streams, in the order of the plan's.
    std::vector<std::string> stream_names() const;
    /// True for a kind of this tree.
    bool has(const std::string& kind_name) const;

  private:
    /// What steps of one list share.
    struct StepScope {
        NamedValues kept;  ///< lets of the steps before
        std::vector<std::string> labels;
        bool has_index = false;
        bool is_journey = false;
    };
    using With = std::vector<std::pair<const NamedValues*, std::vector<LivingStore>*>>;

    void add_kind(const std::shared_ptr<PlannedKind>& planned, KindScript* parent);
    void add_streams();
    void declare(KindScript& kind);
    void note_incidents(KindScript& kind, size_t first_program) const;
    void label_incidents(LivingSession& session, const Context& context, const KindScript& kind,
                         LivingStream& out) const;
    void compile_kind(KindScript& kind);
    void compile_state(KindScript& kind);
    void compile_count(KindScript& kind);
    void compile_lifecycle(KindScript& kind, const Node& node);
    LivingPhase compile_phase(KindScript& kind, const Node& node, const Where& where);
    LivingTransition compile_transition(KindScript& kind, const Node& node, const Where& where);
    void compile_targets(KindScript& kind, const Node& node, const Where& where, LivingTransition& transition);
    void check_circles(const KindScript& kind, const Node& node);
    void compile_stream(StreamScript& stream, LivingStream& out);
    void compile_table(StreamScript& stream, int place);
    void compile_rows(StreamScript& stream, LivingStream& out);
    LivingStep telling_step(const StreamScript& stream, int place, int op, bool keeps_told);
    void find_ends();

    std::vector<LivingStep> steps_of(KindScript& kind, const Node* node, const Where& where, StepScope scope);
    LivingStep step_of(KindScript& kind, const Node& node, const Where& where, StepScope& scope);
    void compile_head(KindScript& kind, const Node* when, const Node* chance, const Node* repeat, const Where& where,
                      const StepScope& scope, LivingStep& step);
    void compile_waits(KindScript& kind, const Node* after, const Node* proceed, const Where& where,
                       const StepScope& scope, LivingStep& step);
    void compile_body(KindScript& kind, const Node* let, const Node* set, const Node* with, const Where& where,
                      StepScope& scope, bool keeps_lets, LivingStep& step);
    void compile_lets(KindScript& kind, const Node& let, const Where& where, LivingSession& session, NamedValues& lets,
                      LivingStep& step);
    std::optional<Stored> choose_child(KindScript& kind, const Node& node, const Where& where, LivingStep& step);
    const KindScript* child_of(const KindScript& kind, const Expression& name, int& level) const;
    void compile_set(LivingSession& session, const Node& set, const Where& where, LivingStep& step);
    std::optional<LivingTarget> target_of(const LivingSession& session, const Node::Entry& entry, const Where& where);
    void compile_with(LivingSession& session, const Node* with, const Where& where, const With& targets);
    void find_spawn(KindScript& kind, const Node& node, const Where& where, LivingStep& step);
    void find_stream(KindScript& kind, const Node& node, const Where& where, const StepScope& scope, LivingStep& step);

    /// Makes a value of a program of its own; `read` gives its register.
    template <typename Read>
    LivingValue value_of(const KindScript& kind, const StepScope& scope, Read read);
    void open_scope(LivingSession& session, const StepScope& scope) const;
    int add_program(LivingProgram program);
    void error(const Node& node, const Where& where, const std::string& message, const std::string& hint = "") const {
        pack_.reading.error(node.at, where.path, message, hint);
    }
    LivingKind& out_of(const KindScript& kind) { return plan_.kinds[static_cast<size_t>(kind.index)]; }

    World& world_;
    Pack& pack_;
    LivingPlan plan_;
    std::vector<std::unique_ptr<KindScript>> kinds_;
    std::vector<StreamScript> streams_;
    std::deque<Node> nodes_;  ///< fields that are given by steps, as if they were written
};

template <typename Read>
LivingValue LivingScript::value_of(const KindScript& kind, const StepScope& scope, Read read) {
    LivingSession session(world_, kind);
    open_scope(session, scope);
    LivingValue value;
    value.value = read(session);
    if (value.value == no_reg) return {};
    value.program = add_program(session.finish({&value.value}));
    return value;
}

}  // namespace headwater
