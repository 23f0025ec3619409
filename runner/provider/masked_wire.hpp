// The border at which tokens are taken out of what a service says.
#pragma once

#include "runner/base/secrets.hpp"
#include "runner/provider/service_wire.hpp"

namespace darkroom::provider {

/// Another wire, behind which no value holds a token. A service, or a server on the way, may repeat
/// the token in whatever it answers: ids, links, texts, the request of a record. Each such value is
/// masked before the other wire reads it, so that neither the journal nor anything that is made
/// from it (manifest, sidecars, status, logs) has the token in it. In requests the masks are taken
/// off again: an id goes back to the service as it came.
///
/// An error's code that is one plain word stays as it is, since codes are compared. An id with the
/// token of an earlier time, which is not known any more, goes back with its mask; the service does
/// not know that task then, and its step stays unknown.
class MaskedWire final : public ServiceWire {
public:
    /// Both outlive this object; `secrets` may grow meanwhile.
    MaskedWire(ServiceWire const& inner, Secrets const& secrets)
        : inner_(inner), secrets_(secrets) {}

    std::string_view name() const override { return inner_.name(); }
    PaidRequest paid_request(engine::Submission const& submission,
                             DeliveryWish const& wish) const override;
    std::optional<Event> read_event(json::Value const& value,
                                    std::string_view endpoint) const override;
    bool is_own_word(int status, json::Value const& value) const override {
        return inner_.is_own_word(status, value);
    }
    std::optional<ServiceError> read_error(json::Value const& value) const override;
    engine::Verdict verdict_of(Evidence const& evidence) const override {
        return inner_.verdict_of(evidence);
    }
    engine::TaskAccess task_access() const override { return inner_.task_access(); }
    WireRequest look_up_request(engine::TaskQuery const& query) const override;
    std::optional<std::vector<engine::TaskRecord>>
    read_tasks(json::Value const& value, engine::TaskQuery const& query) const override;
    bool is_no_such_task(std::string_view code) const override {
        return inner_.is_no_such_task(code);
    }

private:
    WireRequest unmasked(WireRequest request) const;

    ServiceWire const& inner_;
    Secrets const& secrets_;
};

} // namespace darkroom::provider
