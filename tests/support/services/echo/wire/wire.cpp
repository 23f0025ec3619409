#include "tests/support/services/echo/wire/wire.hpp"

#include "runner/provider/verdict.hpp"

namespace darkroom::test::echo {

namespace {

using namespace provider;
using engine::Verdict;

std::string text_or_empty(json::Value const& value, std::string_view key) {
    return value.text(key).value_or("");
}

engine::Answer read_answer(json::Value const& value) {
    engine::Answer answer;
    answer.task_id = answer.image_id = text_or_empty(value, "id");
    answer.text = text_or_empty(value, "title");
    answer.actions = value.texts("offers");
    if (auto const picture = value.text("picture"))
        answer.url = "data:image/png;base64," + *picture;
    return answer;
}

class Wire final : public ServiceWire {
public:
    std::string_view name() const override { return "echo"; }

    PaidRequest paid_request(engine::Submission const& submission,
                             DeliveryWish const&) const override {
        json::Value body;
        body.set("ask", json::read(submission.body).value());
        return {{submission.endpoint, json::write(body)}, false, false};
    }

    std::optional<Event> read_event(json::Value const& value, std::string_view) const override {
        auto const state = text_or_empty(value, "state");
        if (state.empty()) return std::nullopt;
        Event event;
        event.task_id = text_or_empty(value, "id");
        if (state == "done")
            event.answer = read_answer(value);
        else if (state != "taken")
            event.error = ServiceError{state, text_or_empty(value, "why")};
        return event;
    }

    bool is_own_word(int, json::Value const& value) const override {
        return !text_or_empty(value, "state").empty();
    }

    std::optional<ServiceError> read_error(json::Value const& value) const override {
        auto const event = read_event(value, "");
        return event ? event->error : std::nullopt;
    }

    Verdict verdict_of(Evidence const& evidence) const override {
        if (evidence.source == Source::network) return verdict_of_network(evidence.sent);
        if (evidence.code == "indecent") return Verdict::rejected;
        if (evidence.code == "broken") return Verdict::generation;
        if (evidence.code == "broke") return Verdict::empty;
        return verdict_of_status(evidence.status).value_or(Verdict::unknown);
    }

    engine::TaskAccess task_access() const override { return engine::TaskAccess::by_id; }

    WireRequest look_up_request(engine::TaskQuery const& query) const override {
        json::Value body;
        body.set("ids", json::Array(query.ids.begin(), query.ids.end()));
        return {"/echo/find", json::write(body)};
    }

    std::optional<std::vector<engine::TaskRecord>>
    read_tasks(json::Value const& value, engine::TaskQuery const&) const override {
        auto const* found = value.find("found");
        if (found == nullptr || !found->is_array()) return std::nullopt;
        std::vector<engine::TaskRecord> records;
        for (auto const& one : *found->array()) {
            engine::TaskRecord record;
            record.task_id = text_or_empty(one, "id");
            auto event = read_event(one, "");
            if (event && event->answer) record.outcome = std::move(*event->answer);
            if (event && event->error) {
                Evidence const ended{Source::record, 0, event->error->code, net::Sent::none};
                record.outcome = task_problem(*event->error, verdict_of(ended));
            }
            records.push_back(std::move(record));
        }
        return records;
    }

    bool is_no_such_task(std::string_view) const override { return false; }
};

} // namespace

ServiceWire const& wire() {
    static Wire const only;
    return only;
}

} // namespace darkroom::test::echo
