#include "runner/provider/midjourney/wire.hpp"

#include "jobs/services/midjourney/model.hpp"
#include "runner/provider/midjourney/answers.hpp"
#include "runner/provider/midjourney/records.hpp"
#include "runner/provider/midjourney/verdict.hpp"

namespace darkroom::provider::midjourney {

namespace {

class Wire final : public ServiceWire {
public:
    std::string_view name() const override { return jobs::midjourney::model.name; }

    /// Drawings come as a stream, or at once and deliver later, when asked to; a text is always the
    /// one plain answer to its request.
    PaidRequest paid_request(engine::Submission const& submission,
                             DeliveryWish const& wish) const override {
        PaidRequest paid;
        bool const draws = jobs::midjourney::model.endpoint_at(submission.endpoint).draws();
        paid.streams = draws && wish.streams;
        paid.later = draws && (wish.later || !wish.callback_url.empty());
        paid.request.path = submission.endpoint;
        paid.request.body = submission.body;
        if (!paid.later) return paid;
        auto body = json::read(submission.body).value();
        if (wish.later) body.set("async", true);
        if (!wish.callback_url.empty()) body.set("callback_url", wish.callback_url);
        paid.request.body = json::write(body);
        return paid;
    }

    std::optional<Event> read_event(json::Value const& value,
                                    std::string_view endpoint) const override {
        return midjourney::read_event(value, jobs::midjourney::model.endpoint_at(endpoint).text);
    }

    bool is_own_word(int status, json::Value const& value) const override {
        return midjourney::is_own_word(status, value);
    }

    std::optional<ServiceError> read_error(json::Value const& value) const override {
        return midjourney::read_error(value);
    }

    engine::Verdict verdict_of(Evidence const& evidence) const override {
        return midjourney::verdict_of(evidence);
    }

    engine::TaskAccess task_access() const override { return engine::TaskAccess::listing; }

    WireRequest look_up_request(engine::TaskQuery const& query) const override {
        return {"/midjourney/tasks", tasks_request(query)};
    }

    std::optional<std::vector<engine::TaskRecord>>
    read_tasks(json::Value const& value, engine::TaskQuery const& query) const override {
        if (!speaks_of_tasks(value, query)) return std::nullopt;
        return midjourney::read_tasks(value, query);
    }

    bool is_no_such_task(std::string_view code) const override {
        return midjourney::is_no_such_task(code);
    }
};

} // namespace

ServiceWire const& wire() {
    static Wire const only;
    return only;
}

} // namespace darkroom::provider::midjourney
