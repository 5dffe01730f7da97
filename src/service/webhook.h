// For telling somebody that a run has ended: what is sent, and how it is signed.
#pragma once

#include <optional>
#include <string>

#include "service/stored_run.h"
#include "sink/caller.h"

namespace headwater {

/// Gives the key that a secret stands for: what `whsec_` has behind it in base64, as the Standard Webhooks write secrets, or any
/// other text as it is; none where there is no base64, or not of 24 to 64 bytes.
std::optional<std::string> key_of_secret(const std::string& secret);

/// Makes the call of a run's end, signed as the Standard Webhooks have it: `webhook-signature: v1,` and the HMAC-SHA256, in
/// base64, of "<webhook-id>.<webhook-timestamp>.<body>". The id is the same in every attempt.
Call make_call(const StoredRun& run, const std::string& secret, int64_t now);

/// Takes note of an attempt, and says when to try again: after 1 s, then twice as long each time up to 10 minutes, for a
/// day. Answers of 4xx but 408, 409, 425 and 429 are final.
void note_attempt(Webhook& hook, const Result<int>& answer, int64_t run_ended, int64_t now);

}  // namespace headwater
