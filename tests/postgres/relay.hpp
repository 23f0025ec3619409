// A server between a client and PostgreSQL, which can lose the answer to a statement.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace darkroom::postgres::test {

/// Belongs to the loop of its context, which runs it; it ends with the context.
class Relay {
public:
    Relay(boost::asio::io_context& context, std::filesystem::path folder_of_server);
    ~Relay();
    Relay(Relay const&) = delete;
    Relay& operator=(Relay const&) = delete;

    std::string url() const;
    /// Passes the next statement that has these words on, and loses its answer.
    void lose_answer_to(std::string words) { state_->words = std::move(words); }
    int lost() const { return state_->lost; }

private:
    using Socket = boost::asio::local::stream_protocol::socket;
    struct State {
        std::filesystem::path server;
        std::string words;
        bool is_to_be_lost = false;
        int lost = 0;
    };
    struct Pair {
        Socket client;
        Socket server;
    };

    static boost::asio::awaitable<void>
    accept(boost::asio::local::stream_protocol::acceptor& acceptor, std::shared_ptr<State> state);
    static boost::asio::awaitable<void> pass_questions(std::shared_ptr<Pair> pair,
                                                       std::shared_ptr<State> state);
    static boost::asio::awaitable<void> pass_answers(std::shared_ptr<Pair> pair,
                                                     std::shared_ptr<State> state);

    std::filesystem::path folder_;
    std::shared_ptr<State> state_;
    boost::asio::local::stream_protocol::acceptor acceptor_;
};

} // namespace darkroom::postgres::test
