// For the claims about the call at a run's end: its signature, and when it is made again.
#include "service/webhook.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/time.h"

using namespace headwater;

TEST_CASE("a call carries its id, its time and the signature of both with the body") {
    StoredRun run{.id = "run-1", .name = "week"};
    run.hook.url = "https://hooks.example/x";
    const Call call = make_call(run, "secret", 1'700'000'000 * micros_per_second);
    CHECK(call.url == "https://hooks.example/x");
    auto has = [&](const std::string& header) { return std::ranges::find(call.headers, header) != call.headers.end(); };
    CHECK(has("webhook-id: run-1"));
    CHECK(has("webhook-timestamp: 1700000000"));
    CHECK(call.body.find("\"run.ended\"") != std::string::npos);
    CHECK(call.body.find("hooks.example") == std::string::npos);
    const Call other = make_call(run, "other", 1'700'000'000 * micros_per_second);
    CHECK(call.body == other.body);
    CHECK(call.headers.back() != other.headers.back());
}

TEST_CASE("a secret is what the Standard Webhooks mean by it, or any other text as it is") {
    CHECK(key_of_secret("a secret of sixteen or more") == "a secret of sixteen or more");
    CHECK(key_of_secret("whsec_YSBrZXkgb2YgdHdlbnR5LWZvdXIgYnl0ZXM=") == "a key of twenty-four bytes");
    CHECK(key_of_secret("whsec_YSBrZXkgb2YgdHdlbnR5LWZpdmUgYnl0ZXMu") == "a key of twenty-five bytes.");
    for (const char* wrong : {"whsec_", "whsec_c2hvcnQ=", "whsec_YSBrZXkgb2YgdHdlbnR5LWZvdXIgYnl0ZXM", "whsec_!!!!",
                              "whsec_YSBrZXkgb2YgdHdlbnR5LWZvdXIgYnl0ZXM=====", "whsec_===="})
        CHECK_MESSAGE(!key_of_secret(wrong), wrong);
    const StoredRun run{.id = "run-1"};
    CHECK(make_call(run, "whsec_YSBrZXkgb2YgdHdlbnR5LWZvdXIgYnl0ZXM=", 0).headers ==
          make_call(run, "a key of twenty-four bytes", 0).headers);
}

TEST_CASE("a call is made again with longer pauses for a day, and never after an answer that is final") {
    Webhook hook{.url = "https://h/", .state = Webhook::State::waiting};
    int64_t now = 0;
    std::vector<int64_t> pauses;
    while (hook.state == Webhook::State::waiting) {
        note_attempt(hook, 503, 0, now);
        pauses.push_back((hook.next - now) / micros_per_second);
        now = hook.next;
    }
    CHECK(hook.state == Webhook::State::given_up);
    CHECK(std::vector(pauses.begin(), pauses.begin() + 4) == std::vector<int64_t>{1, 2, 4, 8});
    CHECK(pauses.back() == 600);
    CHECK(now > 24 * micros_per_hour);
    CHECK(now < 25 * micros_per_hour);
    for (int status : {301, 400, 404, 410}) {
        Webhook once{.state = Webhook::State::waiting};
        note_attempt(once, status, 0, 5);
        CHECK(once.state == Webhook::State::given_up);
    }
    for (int status : {408, 429, 500, 502}) {
        Webhook again{.state = Webhook::State::waiting};
        note_attempt(again, status, 0, 5);
        CHECK(again.state == Webhook::State::waiting);
    }
    Webhook good{.state = Webhook::State::waiting};
    note_attempt(good, 204, 0, 5);
    CHECK(good.state == Webhook::State::delivered);
    CHECK(good.ended == 5);
}
