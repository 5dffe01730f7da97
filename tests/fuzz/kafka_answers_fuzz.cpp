// For answers of Kafka brokers, logins and records that may be anything: they are read or refused, and nothing else happens.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sink/kafka/protocol.h"
#include "sink/kafka/record_batch.h"
#include "sink/kafka/scram.h"

namespace {

void read_answers(std::string_view bytes) {
    using namespace headwater;
    if (auto versions = read_api_versions(bytes)) (void)versions->lacking();
    (void)read_metadata(bytes);
    (void)read_init_producer_id(bytes);
    (void)read_sasl_handshake(bytes);
    (void)read_sasl_authenticate(bytes);
    (void)read_produce(bytes);
}

/// What is read as records is written again and read alike.
void read_records(std::string_view bytes) {
    using namespace headwater;
    BatchReader reader(bytes, 0);
    RecordBatch again(2 * bytes.size() + 64);
    int32_t count = 0;
    size_t value_bytes = 0;
    while (auto record = reader.next()) {
        (void)header_in(record->headers, "headwater-row");
        value_bytes += record->value.size();
        if (again.room_bytes() < record->key.size() + record->value.size() + record->headers.size() + 64) return;
        again.append_again(*record);
        ++count;
    }
    BatchReader copy(again.records(), again.first_time_ms());
    while (auto record = copy.next()) {
        value_bytes -= record->value.size();
        --count;
    }
    if (count != 0 || value_bytes != 0 || !copy.is_at_end()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_answers(bytes);
    read_records(bytes);
    if (size > 64) return 0;  // what costs thousands of rounds of a digest is tried on what is short
    headwater::ScramLogin login(false, {"user", "pencil"}, "abc");
    (void)login.prove(bytes);
    (void)login.check(bytes);
    return 0;
}
