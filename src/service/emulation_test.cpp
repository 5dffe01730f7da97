#include "service/emulation.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace headwater;
using Json = nlohmann::ordered_json;

namespace {

Json good() {
    return {{"emulator_sync", "minio"},           {"format_type", "json"}, {"sync_type", "grouped"},
            {"emulation_domain", "user-profile"}, {"timeout", 1},          {"max_chunk_size", 1024}};
}

std::vector<Mistake> mistakes_in(const Json& body) {
    std::vector<Mistake> mistakes;
    const bool is_read = read_emulation(body, mistakes).has_value();
    CHECK(is_read == mistakes.empty());
    return mistakes;
}

ServiceSettings settings() {
    return *settle_settings({{"MINIO_ENDPOINT", "minio:1"}}, [](const char*) { return std::nullopt; }, {});
}

}  // namespace

TEST_CASE("a request is read whatever the case of its words, and echoed in lower case") {
    Json body = good();
    body["emulator_sync"] = "MinIO";
    body["sync_type"] = "Chunked";
    body["rate"] = 0.5;
    body["seed"] = 7;
    body["timeout"] = 60.0;
    std::vector<Mistake> mistakes;
    const auto request = read_emulation(body, mistakes);
    REQUIRE(request);
    CHECK(request->rate == 0.5);
    CHECK(request->seed == 7);
    CHECK(request->timeout == 60);
    CHECK(
        spell_emulation(*request).dump() ==
        R"({"emulator_sync":"minio","format_type":"json","sync_type":"chunked","emulation_domain":"user-profile","max_chunk_size":1024,"timeout":60})");
}

TEST_CASE("every wrong field is named at once, with what is allowed") {
    const auto mistakes = mistakes_in({{"emulator_sync", "grouped"}, {"timeout", true}, {"emulation_domian", "x"}});
    std::string paths;
    for (const Mistake& mistake : mistakes) paths += mistake.path + " ";
    CHECK(paths == "emulator_sync format_type sync_type emulation_domain max_chunk_size timeout emulation_domian ");
    CHECK(mistakes[0].hint.find("sync_type") != std::string::npos);
    CHECK(mistakes[0].allowed == "kafka, minio");
    CHECK(mistakes[0].got == "\"grouped\"");
    CHECK(mistakes[6].hint.find("emulation_domain") != std::string::npos);
    CHECK(mistakes_in(Json::array()).size() == 1);
}

TEST_CASE("numbers have bounds, and nothing but whole numbers is one") {
    for (const char* name : {"timeout", "max_chunk_size"})
        for (const Json& value :
             {Json(-1), Json(1.5), Json("1"), Json(), Json(true), Json(1e300), Json(UINT64_MAX), Json(Json::array())}) {
            Json body = good();
            body[name] = value;
            CAPTURE(body.dump());
            CHECK(mistakes_in(body).size() == 1);
        }
    for (auto [name, value, count] : {std::tuple("timeout", Json(0), 0),
                                      {"timeout", Json(86'400), 0},
                                      {"timeout", Json(86'401), 1},
                                      {"max_chunk_size", Json(0), 1},
                                      {"max_chunk_size", Json(5LL << 30), 0},
                                      {"max_chunk_size", Json((5LL << 30) + 1), 1},
                                      {"rate", Json(-0.1), 1},
                                      {"rate", Json(8e-208), 1},
                                      {"rate", Json(0.001), 0},
                                      {"rate", Json(1e9), 0},
                                      {"rate", Json("5"), 1},
                                      {"rate", Json(0), 0},
                                      {"seed", Json(-1), 1},
                                      {"seed", Json(1.5), 1}}) {
        Json body = good();
        body[name] = value;
        CAPTURE(body.dump());
        CHECK(mistakes_in(body).size() == static_cast<size_t>(count));
    }
}

TEST_CASE("a request becomes a scenario with the target, layout and pace it means") {
    std::vector<Mistake> mistakes;
    Json body = good();
    body["sync_type"] = "chunked";
    const Json minio = Json::parse(scenario_of(*read_emulation(body, mistakes), settings(), 1'800'000'000'000'000));
    CHECK(minio["outputs"][0]["to"] == "s3://user-profiles?endpoint=http://minio:1&create_bucket=true");
    CHECK(minio["outputs"][0]["format"] == "json-array");
    CHECK(minio["outputs"][0]["max_chunk_size"] == "1024 B");
    CHECK(minio["clock"]["rate"] == "5000.000000/s");
    body["emulator_sync"] = "kafka";
    body["emulation_domain"] = "device-log";
    body["rate"] = 0;
    const Json kafka = Json::parse(scenario_of(*read_emulation(body, mistakes), settings(), 1'800'000'000'000'000));
    CHECK(std::string(kafka["outputs"][0]["to"]).starts_with("kafka://localhost:9092/device-logs?"));
    CHECK(kafka["outputs"][0]["streams"] == "device_logs");
    CHECK(kafka["clock"] == Json{{"start", "2027-01-15T08:00:00Z"}});
    CHECK(key_field_of_domain("transaction") == "transaction_id");
    CHECK(key_field_of_domain("device-log") == "user_id");
}
