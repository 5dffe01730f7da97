// For what librdkafka itself costs: ready lines of a file, handed over in batches of one partition, nothing copied.
#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t batch_rows = 4096;

uint64_t answered = 0, failed = 0;

double processor_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<std::string_view> lines_of(const std::string& text) {
    std::vector<std::string_view> lines;
    for (size_t from = 0; from < text.size();) {
        size_t end = text.find('\n', from);
        lines.emplace_back(text.data() + from, end - from);
        from = end + 1;
    }
    return lines;
}

rd_kafka_t* producer_to(const char* servers, const char* compression) {
    rd_kafka_conf_t* settings = rd_kafka_conf_new();
    char reason[512];
    // The promise of headwater's own producer; its queue is bounded by bytes instead of 100,000 records.
    for (auto [name, value] : {std::pair{"bootstrap.servers", servers},
                               {"compression.codec", compression},
                               {"enable.idempotence", "true"},
                               {"acks", "all"},
                               {"linger.ms", "20"},
                               {"queue.buffering.max.messages", "10000000"}})
        if (rd_kafka_conf_set(settings, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) return nullptr;
    rd_kafka_conf_set_dr_msg_cb(settings, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
        ++answered;
        failed += message->err != 0;
    });
    return rd_kafka_new(RD_KAFKA_PRODUCER, settings, reason, sizeof reason);
}

}  // namespace

/// kafka_rival SERVERS TOPIC PARTITIONS COMPRESSION FILE TIMES MOST_IN_FLIGHT: prints the processor time of a record in ns.
int main(int count, char** words) {
    if (count != 8) return 2;
    std::ifstream file(words[5], std::ios::binary);
    std::stringstream whole;
    whole << file.rdbuf();
    const std::string text = whole.str();
    const auto lines = lines_of(text);
    rd_kafka_t* producer = producer_to(words[1], words[4]);
    if (producer == nullptr || lines.empty()) return 1;
    rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, words[2], nullptr);
    const int partitions = std::stoi(words[3]);
    const uint64_t times = std::stoull(words[6]), most = std::stoull(words[7]);
    std::vector<rd_kafka_message_t> messages;
    uint64_t sent = 0;
    int turn = 0;
    const double before = processor_s();
    for (uint64_t time = 0; time < times; ++time) {
        for (size_t from = 0; from < lines.size(); from += batch_rows) {
            messages.clear();
            for (size_t i = from; i < std::min(from + batch_rows, lines.size()); ++i) {
                rd_kafka_message_t message{};
                message.payload = const_cast<char*>(lines[i].data());
                message.len = lines[i].size();
                messages.push_back(message);
            }
            sent += static_cast<uint64_t>(rd_kafka_produce_batch(topic, turn++ % partitions, 0, messages.data(),
                                                                 static_cast<int>(messages.size())));
            rd_kafka_poll(producer, 0);
            while (sent - answered > most) rd_kafka_poll(producer, 100);
        }
    }
    rd_kafka_flush(producer, 60'000);
    const double used = processor_s() - before;
    if (failed > 0 || answered != times * lines.size()) return 1;
    std::printf("%.1f\n", 1e9 * used / static_cast<double>(answered));
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
    return 0;
}
