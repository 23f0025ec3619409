// POST /midjourney/imagine: from the body to the last line of the answer.
#pragma once

#include "runner/studio/http.hpp"
#include "runner/studio/imagine_request.hpp"
#include "runner/studio/input_images.hpp"
#include "runner/studio/premises.hpp"
#include "runner/studio/workshop.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace darkroom::studio {

class ImagineDesk {
public:
    ImagineDesk(Premises& premises, Workshop& workshop, InputImages& inputs, ImageShop& shop)
        : premises_(premises), workshop_(workshop), inputs_(inputs), shop_(shop) {}

    /// Answers one request. Cancel: terminal; the task, once accepted, goes on.
    boost::asio::awaitable<void> handle(Exchange& exchange, std::string trace_id);

private:
    /// A request that has been understood.
    struct Submission {
        ImagineRequest request;
        json::Value body;
        std::string trace_id;
        TaskPtr parent; ///< Of a follow-up; null for `generate`.
        Time deadline;
        std::optional<ApiError> failure; ///< By a fault: how the task shall end.
    };
    Checked<Submission> read(std::string body, std::string trace_id);
    boost::asio::awaitable<void> serve(Exchange& exchange, Submission submission);
    boost::asio::awaitable<Checked<Order>> prepare(Submission submission);
    boost::asio::awaitable<Checked<GenerateRequest>> first_recipe(Submission submission,
                                                                  std::uint64_t lineage);
    boost::asio::awaitable<Checked<Picture>> next_picture(Submission submission,
                                                          std::uint64_t lineage);
    boost::asio::awaitable<void> acknowledge(Exchange& exchange, TaskPtr task);
    boost::asio::awaitable<void> stream(Exchange& exchange, TaskPtr task, Time deadline);
    boost::asio::awaitable<Result<>> send_lines(Exchange& exchange, TaskPtr task, Time deadline);
    boost::asio::awaitable<void> answer_at_end(Exchange& exchange, TaskPtr task, Time deadline);
    boost::asio::awaitable<void> give(Exchange& exchange, TaskPtr task, HttpReply reply);

    Premises& premises_;
    Workshop& workshop_;
    InputImages& inputs_;
    ImageShop& shop_;
};

} // namespace darkroom::studio
