// For the properties of a Kafka client as people have them: names of librdkafka or of Java, from a target or a file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace headwater {

/// Collects properties by the names of librdkafka. What is not known, or could harm, is refused.
class KafkaProperties {
  public:
    /// Adds a property by its name in librdkafka or Java; of two of one name the later one counts.
    Result<void> add(const std::string& name, const std::string& value);
    /// Adds the properties of a file in Java's format: `name=value` or `name: value`, # and ! begin comments, a backslash at
    /// the end of a line goes on in the next one.
    Result<void> add_file(const std::string& path);
    /// Brings together what takes several properties to say: stores of certificates, the mechanism of a password.
    Result<void> settle();

    /// Gives the value of a name of librdkafka, or "".
    std::string value(const std::string& name) const;
    bool has(const std::string& name) const { return values_.contains(name); }
    const std::map<std::string, std::string>& values() const { return values_; }
    /// Tells what was read and is not used, and why.
    const std::vector<std::string>& notices() const { return notices_; }
    /// Gives the servers that a pasted configuration names, or "".
    const std::string& servers() const { return servers_; }

    /// Gives the names that may be set.
    static std::vector<std::string> names();

  private:
    Result<bool> add_fixed(const std::string& name, const std::string& value);
    Result<bool> add_java(const std::string& name, const std::string& value);
    Result<void> add_login(const std::string& config);
    Result<void> add_token_login(const std::map<std::string, std::string>& fields);
    Result<void> settle_token();
    Result<void> settle_stores();

    std::map<std::string, std::string> values_;
    std::map<std::string, std::string> stores_;  ///< Java's stores of certificates, by name
    std::vector<std::string> notices_;
    std::string servers_;
};

/// True when the value of a property or option must not be shown to anybody.
bool is_secret_of_kafka(std::string_view name);

/// Gives the nearest of `names`, or "" when none is near.
std::string nearest_name(std::string_view name, const std::vector<std::string>& names);

}  // namespace headwater
