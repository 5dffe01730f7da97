#include "sink/kafka/greeting.h"

#include "sink/kafka/errors.h"

namespace headwater {

namespace {

std::unexpected<Error> not_whole() { return fail(ErrorKind::unavailable, "the broker's answer is not of Kafka"); }

}  // namespace

std::unique_ptr<KafkaGreeting> KafkaGreeting::again(const WriteSettings& settings) {
    auto greeting = std::make_unique<KafkaGreeting>(settings);
    greeting->step_ = Step::handshake;
    return greeting;
}

KafkaApi KafkaGreeting::api() const {
    switch (step_) {
        case Step::versions: return KafkaApi::api_versions;
        case Step::handshake: return KafkaApi::sasl_handshake;
        default: return KafkaApi::sasl_authenticate;
    }
}

void KafkaGreeting::append_body(std::string& out) {
    if (step_ == Step::versions) return;
    if (step_ == Step::handshake)
        append_sasl_handshake_request(out, settings_.mechanism);
    else
        append_sasl_authenticate_request(out, message_);
}

Result<void> KafkaGreeting::take(std::string_view body) {
    if (step_ == Step::versions) return take_versions(body);
    return step_ == Step::handshake ? take_handshake(body) : take_login(body);
}

Result<void> KafkaGreeting::take_versions(std::string_view body) {
    auto answer = read_api_versions(body);
    if (!answer) return not_whole();
    if (answer->error != 0) return fail(ErrorKind::unavailable, text_of_kafka_error(answer->error));
    if (std::string_view api = answer->lacking(); !api.empty())
        return fail(ErrorKind::invalid, "the broker's Kafka is not of 2.4 to 4.x, as it lacks " + std::string(api));
    has_transactions_ = answer->has_transactions();
    step_ = settings_.mechanism.empty() ? Step::done : Step::handshake;
    return {};
}

Result<void> KafkaGreeting::take_handshake(std::string_view body) {
    auto answer = read_sasl_handshake(body);
    if (!answer) return not_whole();
    if (answer->error != 0)
        return fail(ErrorKind::invalid,
                    text_of_kafka_error(answer->error) + ", " + settings_.mechanism + " is none of " + answer->reason);
    step_ = Step::login;
    if (settings_.mechanism == "PLAIN") {
        message_ = std::string(1, '\0') + settings_.user + std::string(1, '\0') + settings_.password;
    } else if (settings_.tokens != nullptr) {
        auto token = settings_.tokens->take();
        if (!token) return std::unexpected(token.error());
        message_ = bearer_login(token->text, settings_.tokens->extensions());
    } else {
        scram_ = std::make_unique<ScramLogin>(settings_.mechanism == "SCRAM-SHA-512",
                                              ScramLogin::Identity{settings_.user, settings_.password}, fresh_nonce());
        message_ = scram_->begin();
    }
    return {};
}

Result<void> KafkaGreeting::take_login(std::string_view body) {
    auto answer = read_sasl_authenticate(body);
    if (!answer) return not_whole();
    if (answer->error != 0) {
        const std::string why = answer->reason.empty() ? text_of_kafka_error(answer->error) : answer->reason;
        return fail(ErrorKind::invalid,
                    refusal_.empty() || why.find(refusal_) != std::string::npos ? why : why + ", " + refusal_);
    }
    if (settings_.tokens != nullptr && !answer->message.empty()) {
        if (step_ == Step::proof) return not_whole();
        refusal_ = answer->message;
        message_ = bearer_farewell;
        step_ = Step::proof;
        return {};
    }
    lifetime_ms_ = answer->lifetime_ms;
    if (scram_ == nullptr) {
        step_ = Step::done;
    } else if (step_ == Step::login) {
        auto proof = scram_->prove(answer->message);
        if (!proof) return std::unexpected(proof.error());
        message_ = *proof;
        step_ = Step::proof;
    } else {
        if (auto checked = scram_->check(answer->message); !checked) return checked;
        step_ = Step::done;
    }
    return {};
}

}  // namespace headwater
