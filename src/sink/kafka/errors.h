// For what a broker's error asks of a writer.
#pragma once

#include <cstdint>
#include <string>

namespace headwater {

/// What to do about a batch that was answered with an error.
enum class KafkaReaction : uint8_t {
    none,      ///< It is there.
    again,     ///< It is not there, and will be later.
    doubt,     ///< It may be there; sent again as it is, the broker knows it again.
    disorder,  ///< Something in front of it is missing; if that is news, the broker and we do not agree any more.
    refuse,    ///< It holds records that the cluster does not take.
    denied,    ///< We may not write.
    gone,      ///< Topic or partition is not there (yet).
    replaced,  ///< Another producer has taken our place.
    broken,    ///< Nothing is known: look up what is there, and begin anew.
};

KafkaReaction reaction_to(int16_t error);

/// True when the answer says that another broker leads the partition now, or may do.
bool tells_of_new_leader(int16_t error);

/// Names an error code of the protocol.
std::string text_of_kafka_error(int error);

}  // namespace headwater
