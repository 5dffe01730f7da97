// For accepting records and objects, and keeping nothing but their size.
#include "sink/discard/discard.h"

namespace headwater {
namespace {

class DiscardSink final : public RecordSink {
  public:
    Result<void> open() override { return {}; }
    Result<void> write(const std::string&, const Payload&) override { return {}; }
    Result<void> flush() override { return {}; }
};

class DiscardWriter final : public ObjectWriter {
  public:
    Result<void> write(std::string_view bytes) override {
        bytes_ += bytes.size();
        return {};
    }
    Result<ObjectReceipt> finish(const std::string& name) override { return ObjectReceipt{name, bytes_, ""}; }

  private:
    uint64_t bytes_ = 0;
};

class DiscardObjectSink final : public ObjectSink {
  public:
    Result<void> open() override { return {}; }
    Result<std::unique_ptr<ObjectWriter>> create(const std::string&) override {
        return std::make_unique<DiscardWriter>();
    }
    Result<void> flush() override { return {}; }
    Result<std::vector<std::string>> recover(const std::string&, const std::string&) override {
        return std::vector<std::string>{};
    }
    Result<void> remove(const std::string&) override { return {}; }
    Result<std::optional<std::string>> read(const std::string&) override { return std::nullopt; }
};

}  // namespace

std::unique_ptr<RecordSink> make_discard_sink() { return std::make_unique<DiscardSink>(); }
std::unique_ptr<ObjectSink> make_discard_object_sink() { return std::make_unique<DiscardObjectSink>(); }

}  // namespace headwater
