// Plays recordings: the answers of a real service, at the times of the recording.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/studio/replay_book.hpp"

#include <memory>
#include <string>

namespace darkroom::studio {

/// The recording to play, and its speed.
struct ReplayTerms {
    std::string path;
    double speed = 1; ///< 2: twice as fast. Silence that a client gave up on is not shortened.
};

/// Answers each request as the recording did; 404 `no_api` where it has no answer.
class Replay final : public http::Handler {
public:
    /// Errors: those of ReplayBook::open. `clock` outlives the replay.
    static Result<std::unique_ptr<Replay>> open(ReplayTerms terms, Clock& clock);

    /// Sets the beginning of links in answers; known once the server listens.
    void set_base(std::string base) { base_ = std::move(base); }

    boost::asio::awaitable<void> handle(http::Exchange& exchange) override;
    http::Reply refusal(int status, std::string why) override;

private:
    Replay(ReplayTerms terms, ReplayBook book, Clock& clock);
    boost::asio::awaitable<void> play(http::Exchange& exchange, json::Value recorded);
    /// The end of an answer that was never whole.
    struct Ending {
        Time when{};
        bool silent = false;
        bool begun = false; ///< Its head was sent.
    };
    boost::asio::awaitable<void> end(http::Exchange& exchange, Ending ending);
    http::Head head_of(json::Value const& recorded, std::vector<std::string> const& pieces) const;
    std::vector<std::string> pieces_of(json::Value const& recorded) const;
    Time after(Time begun, std::optional<double> seconds) const;

    ReplayTerms terms_;
    ReplayBook book_;
    Clock& clock_;
    std::string base_;
};

} // namespace darkroom::studio
