// The members of a request that a job or a branch may set by name: the service's table has them.
#pragma once

#include "jobs/services/service_model.hpp"
#include "jobs/yaml/values.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// Returns the keys of the service's request fields and of what the delivery decides, which is
/// known only to be refused.
std::vector<std::string_view> field_keys(ServiceModel const& service);

/// Reads each request field that stands in a map; one that can't be sent is an error.
class FieldReader {
public:
    FieldReader(ServiceModel const& service, Findings& findings)
        : service_(service), findings_(findings) {}

    /// Sets each field that stands in `map` to the value to send. `may_vary`: any of them may have
    /// variables, and then is the text to fill in.
    void read(Node const& map, json::Value& fields, bool may_vary = false);
    /// Adds the error "'async' is decided by 'service.delivery'" at each such key of `map`.
    void refuse_delivery_fields(Node const& map);

private:
    std::optional<json::Value> value_of(RequestField const& field, Member const& member);

    ServiceModel const& service_;
    Findings& findings_;
};

} // namespace darkroom::jobs
