// For what the answer key says of the records that were sent: which labels and faults each of them has.
#include "verify/answers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace headwater {

namespace {

using Json = nlohmann::json;

bool is_before(const Answer& a, const Answer& b) {
    if (a.identity.low != b.identity.low) return a.identity.low < b.identity.low;
    if (a.identity.high != b.identity.high) return a.identity.high < b.identity.high;
    return a.name < b.name;
}

class AnswerSink final : public RecordSink {
  public:
    explicit AnswerSink(Answers& answers) : answers_(answers) {}
    Result<void> open() override { return {}; }
    Result<void> flush() override { return {}; }
    bool takes_messages() const override { return true; }
    Result<void> write(const std::string&, const Payload& payload) override {
        uint32_t begin = 0;
        for (const uint32_t end : payload.ends) {
            answers_.add(std::string_view(payload.bytes).substr(begin, end - begin));
            begin = end;
        }
        return {};
    }

  private:
    Answers& answers_;
};

}  // namespace

void Answers::add(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return;
    RowName row;
    if (json.value("row", Json()).is_number_integer()) {
        row.number = json["row"].get<int64_t>();
    } else {
        if (!json.value("ordinal", Json()).is_number_integer()) return;
        row = {json["ordinal"].get<int64_t>(), json.value("entity", int64_t{-1})};
    }
    const bool is_fault = json.value("kind", "") == "fault";
    const std::string name = (is_fault ? "fault " : "label ") + json.value("name", "");
    auto [number, is_new] = numbers_.try_emplace(name, static_cast<uint32_t>(names_.size()));
    if (is_new) names_.push_back(name);
    all_.push_back({identity_of(key_of(json.value("stream", "")), row), number->second});
}

void Answers::settle() { std::ranges::sort(all_, is_before); }

void Answers::each_record(
    const std::function<void(const ValueHash& identity, const std::vector<uint32_t>& names)>& show) const {
    std::vector<uint32_t> names;
    for (size_t i = 0; i < all_.size(); ++i) {
        // A record may have an answer for each field that a fault broke.
        if (names.empty() || names.back() != all_[i].name) names.push_back(all_[i].name);
        if (i + 1 < all_.size() && all_[i + 1].identity == all_[i].identity) continue;
        show(all_[i].identity, names);
        names.clear();
    }
}

std::unique_ptr<RecordSink> make_answer_sink(Answers& answers) { return std::make_unique<AnswerSink>(answers); }

}  // namespace headwater
