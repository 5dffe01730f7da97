// For a token that is always one that counts: fetched from a token endpoint or by a command, and again before it ends.
#include "sink/kafka/tokens.h"

#include <pthread.h>
#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "sink/kafka/token_command.h"
#include "sink/s3/http.h"

namespace headwater {

namespace {

constexpr int64_t patience_ms = 10'000;
constexpr int64_t pause_ms = 1'000;  ///< from one try that failed to the next
constexpr int command_patience_ms = 30'000;
constexpr auto answer_patience = std::chrono::seconds(10);
constexpr auto look = std::chrono::milliseconds(100);
/// A login is renewed when four fifths of it have passed: by then the next token must be there.
constexpr int64_t fetched_after_tenths = 7;

using Clock = std::chrono::steady_clock;

int64_t now_in_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

/// Names what an endpoint says of its refusal (RFC 6749, section 5.2).
std::string reason_in(const s3::HttpAnswer& answer) {
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    std::string reason = "HTTP status " + std::to_string(answer.status);
    if (json.is_object() && json.contains("error") && json["error"].is_string())
        reason += ", " + json["error"].get<std::string>();
    return reason;
}

}  // namespace

std::shared_ptr<KafkaTokens> KafkaTokens::make(const KafkaProperties& properties) {
    if (properties.value("sasl.mechanism") != "OAUTHBEARER") return nullptr;
    return std::make_shared<KafkaTokens>(properties);
}

KafkaTokens::KafkaTokens(const KafkaProperties& properties)
    : command_(properties.value("sasl.oauthbearer.token.command")),
      endpoint_(properties.value("sasl.oauthbearer.token.endpoint.url")),
      client_(properties.value("sasl.oauthbearer.client.id")),
      secret_(properties.value("sasl.oauthbearer.client.secret")),
      scope_(properties.value("sasl.oauthbearer.scope")),
      authority_file_(properties.value("https.ca.location")),
      extensions_(read_bearer_extensions(properties.value("sasl.oauthbearer.extensions"))
                      .value_or(std::map<std::string, std::string>())) {}

KafkaTokens::~KafkaTokens() {
    {
        std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

Result<BearerToken> KafkaTokens::take() {
    std::unique_lock lock(mutex_);
    if (!thread_.joinable()) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the thread that waits for them
        thread_ = std::thread([this] { run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    changed_.wait_for(lock, std::chrono::milliseconds(patience_ms),
                      [&] { return has_token(now_in_ms()) || (trouble_ && trouble_->kind == ErrorKind::invalid); });
    const int64_t now_ms = now_in_ms();
    if (has_token(now_ms)) return BearerToken{token_, ends_ms_ - now_ms};
    if (trouble_) return std::unexpected(*trouble_);
    return fail(ErrorKind::unavailable, "Token for Kafka does not come: " + (command_.empty() ? endpoint_ : command_));
}

void KafkaTokens::run() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        if (now_in_ms() < due_ms_) {
            changed_.wait_for(lock, std::chrono::milliseconds(due_ms_ - now_in_ms()));
            continue;
        }
        lock.unlock();
        auto fetched = fetch();
        const int64_t now_ms = now_in_ms();
        lock.lock();
        trouble_ = fetched ? std::nullopt : std::optional(fetched.error());
        due_ms_ = now_ms + pause_ms;
        if (fetched) {
            token_ = std::move(fetched->text);
            ends_ms_ = now_ms + fetched->lifetime_ms;
            due_ms_ = now_ms + fetched->lifetime_ms * fetched_after_tenths / 10;
        }
        changed_.notify_all();
    }
}

Result<BearerToken> KafkaTokens::fetch() const {
    if (command_.empty()) return fetch_from_endpoint();
    auto printed = run_token_command(command_, command_patience_ms, [this] { return is_ending_.load(); });
    if (!printed) return std::unexpected(printed.error());
    auto token = read_bearer_token(*printed);
    if (!token) return fail(ErrorKind::unavailable, "Command prints no token: sasl.oauthbearer.token.command");
    return *token;
}

Result<BearerToken> KafkaTokens::fetch_from_endpoint() const {
    s3::Http http({.ca_file = authority_file_, .longest_answer_bytes = 256 << 10});
    auto transfer =
        http.start({.method = "POST",
                    .url = endpoint_,
                    .headers = {"Authorization: " + basic_authorization(client_, secret_),
                                "Content-Type: application/x-www-form-urlencoded", "Accept: application/json"},
                    .body = std::make_shared<std::string>(bearer_request(scope_))});
    std::optional<Result<s3::HttpAnswer>> answer;
    for (const auto deadline = Clock::now() + answer_patience; !answer && Clock::now() < deadline && !is_ending_;)
        answer = transfer.take(look);
    const std::string where = endpoint_.substr(0, endpoint_.find('?'));
    if (!answer) return fail(ErrorKind::unavailable, "Token endpoint does not answer: " + where);
    if (!*answer) return fail(answer->error().kind, "Token for Kafka cannot be had: " + answer->error().message);
    const long status = (*answer)->status;
    if (status != 200) {
        const bool is_refused = status >= 400 && status < 500 && status != 408 && status != 429;
        return fail(is_refused ? ErrorKind::invalid : ErrorKind::unavailable,
                    "Token endpoint refuses us (" + reason_in(**answer) + "): " + where);
    }
    auto token = read_bearer_token((*answer)->body);
    if (!token) return fail(ErrorKind::unavailable, "Token endpoint answers without a token: " + where);
    return *token;
}

}  // namespace headwater
