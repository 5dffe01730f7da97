// For telling somebody that a run has ended: what is sent, and how it is signed.
#include "service/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/json.h"
#include "base/time.h"
#include "service/run_document.h"

namespace headwater {

namespace {

constexpr int64_t longest_pause_us = 10 * 60 * micros_per_second;
constexpr int64_t patience_us = 24 * micros_per_hour;
constexpr size_t shortest_key_bytes = 24, longest_key_bytes = 64;

std::string signature_of(const std::string& text, const std::string& secret) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HW_CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                  reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size) != nullptr);
    unsigned char encoded[EVP_MAX_MD_SIZE * 2];
    const int length = EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
    return std::string(reinterpret_cast<const char*>(encoded), static_cast<size_t>(length));
}

bool is_final(int status) {
    return status >= 300 && status < 500 && status != 408 && status != 409 && status != 425 && status != 429;
}

/// A run that was taken up again has another end.
std::string id_of(const StoredRun& run) { return run.id + (run.resumed == 0 ? "" : "-" + std::to_string(run.resumed)); }

}  // namespace

std::optional<std::string> key_of_secret(const std::string& secret) {
    constexpr std::string_view mark = "whsec_";
    if (!secret.starts_with(mark)) return secret;
    const std::string text = secret.substr(mark.size());
    const size_t padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
    std::string key(text.size(), '\0');
    const int size =
        text.size() % 4 != 0 || padding > 2
            ? -1
            : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                              reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    key.resize(static_cast<size_t>(size) - padding);
    const bool fits = key.size() >= shortest_key_bytes && key.size() <= longest_key_bytes;
    return fits ? std::optional(std::move(key)) : std::nullopt;
}

Call make_call(const StoredRun& run, const std::string& secret, int64_t now) {
    nlohmann::ordered_json body{{"type", "run.ended"}, {"timestamp", spell_instant(now)}};
    body["data"] = spell_run(run, nullptr);
    body["data"].erase("on_complete");
    Call call{.url = run.hook.url};
    call.body = spell_json(body);
    const auto key = key_of_secret(secret);
    HW_CHECK(key);  // the settings were refused otherwise
    const std::string id = id_of(run), timestamp = std::to_string(now / micros_per_second);
    call.headers = {"content-type: application/json", "user-agent: headwater", "webhook-id: " + id,
                    "webhook-timestamp: " + timestamp,
                    "webhook-signature: v1," + signature_of(id + "." + timestamp + "." + call.body, *key)};
    return call;
}

void note_attempt(Webhook& hook, const Result<int>& answer, int64_t run_ended, int64_t now) {
    ++hook.attempts;
    hook.status = answer.value_or(0);
    if (answer && *answer >= 200 && *answer < 300) {
        hook.state = Webhook::State::delivered;
        hook.reason.clear();
        hook.ended = now;
        return;
    }
    hook.reason = answer ? "Answered with status: " + std::to_string(*answer) : answer.error().message;
    const int64_t pause = std::min(micros_per_second << std::min(hook.attempts - 1, 20), longest_pause_us);
    hook.next = now + pause;
    const bool is_hopeless = answer ? is_final(*answer) : answer.error().kind == ErrorKind::invalid;
    if (!is_hopeless && hook.next - run_ended <= patience_us) return;
    hook.state = Webhook::State::given_up;
    hook.ended = now;
}

}  // namespace headwater
