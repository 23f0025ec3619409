#include "runner/provider/midjourney/verdict.hpp"
#include "runner/provider/verdict.hpp"

#include "runner/base/text.hpp"
#include "runner/provider/problem.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

using engine::Verdict;
using net::Sent;
using provider::Evidence;
using provider::Source;
using namespace std::chrono_literals;

namespace {

struct Case {
    Evidence evidence;
    Verdict expected;
};

void check(Case const& row) {
    BOOST_TEST_CONTEXT("source " << static_cast<int>(row.evidence.source) << ", status "
                                 << row.evidence.status << ", code " << row.evidence.code) {
        BOOST_TEST(engine::name_of(provider::midjourney::verdict_of(row.evidence)) ==
                   engine::name_of(row.expected));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(verdict)

BOOST_AUTO_TEST_CASE(every_failure_of_a_paid_request_has_its_class) {
    Case const cases[] = {
        // no answer: what left decides
        {{Source::network, 0, "", Sent::none}, Verdict::transient},
        {{Source::network, 0, "", Sent::partly}, Verdict::transient},
        {{Source::network, 0, "", Sent::wholly}, Verdict::unknown},
        {{Source::network, 200, "", Sent::wholly}, Verdict::unknown},
        // an answer: its code, then its status
        {{Source::answer, 400, "bad_request", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 400, "", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 400, "no_token", Sent::wholly}, Verdict::account},
        {{Source::answer, 400, "token_mismatched", Sent::wholly}, Verdict::account},
        {{Source::answer, 400, "api_not_implemented", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 400, "timeout", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 400, "duplication", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 400, "busy", Sent::wholly}, Verdict::rate},
        {{Source::answer, 400, "canceled", Sent::wholly}, Verdict::generation},
        {{Source::answer, 400, "api_error", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 401, "token_mismatched", Sent::wholly}, Verdict::account},
        {{Source::answer, 401, "invalid_token", Sent::wholly}, Verdict::account},
        {{Source::answer, 401, "token_expired", Sent::wholly}, Verdict::account},
        {{Source::answer, 401, "", Sent::wholly}, Verdict::account},
        {{Source::answer, 401, "new_code", Sent::wholly}, Verdict::account},
        {{Source::answer, 401, "forbidden", Sent::wholly}, Verdict::account},
        {{Source::answer, 402, "", Sent::wholly}, Verdict::empty},
        {{Source::answer, 403, "used_up", Sent::wholly}, Verdict::empty},
        {{Source::answer, 403, "disabled", Sent::wholly}, Verdict::account},
        {{Source::answer, 403, "forbidden", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 403, "not_applied", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 403, "", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 404, "no_api", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 408, "timeout", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 408, "bad_request", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 409, "duplication", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 413, "content_too_large", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 429, "too_many_requests", Sent::wholly}, Verdict::rate},
        {{Source::answer, 429, "rate_limited", Sent::wholly}, Verdict::rate},
        {{Source::answer, 429, "api_error", Sent::wholly}, Verdict::rate},
        {{Source::answer, 429, "canceled", Sent::wholly}, Verdict::rate},
        {{Source::answer, 429, "used_up", Sent::wholly}, Verdict::empty},
        {{Source::answer, 429, "", Sent::wholly}, Verdict::rate},
        {{Source::answer, 500, "api_error", Sent::wholly}, Verdict::generation},
        {{Source::answer, 500, "canceled", Sent::wholly}, Verdict::generation},
        {{Source::answer, 500, "content_too_large", Sent::wholly}, Verdict::rejected},
        {{Source::answer, 500, "", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 500, "new_code", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 500, "timeout", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 502, "api_error", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 503, "api_error", Sent::wholly}, Verdict::transient},
        {{Source::answer, 503, "busy", Sent::wholly}, Verdict::rate},
        {{Source::answer, 503, "timeout", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 504, "timeout", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 504, "gateway_timeout", Sent::wholly}, Verdict::unknown},
        {{Source::answer, 504, "api_error", Sent::wholly}, Verdict::unknown},
    };
    for (auto const& row : cases) check(row);
}

BOOST_AUTO_TEST_CASE(every_failure_of_a_task_has_its_class) {
    Case const cases[] = {
        // a line of a stream
        {{Source::stream, 200, "bad_request", Sent::wholly}, Verdict::rejected},
        {{Source::stream, 200, "forbidden", Sent::wholly}, Verdict::rejected},
        {{Source::stream, 200, "content_too_large", Sent::wholly}, Verdict::rejected},
        {{Source::stream, 200, "api_error", Sent::wholly}, Verdict::generation},
        {{Source::stream, 200, "canceled", Sent::wholly}, Verdict::generation},
        {{Source::stream, 200, "task_failed", Sent::wholly}, Verdict::generation},
        {{Source::stream, 200, "", Sent::wholly}, Verdict::generation},
        {{Source::stream, 200, "timeout", Sent::wholly}, Verdict::unknown},
        {{Source::stream, 200, "gateway_timeout", Sent::wholly}, Verdict::unknown},
        {{Source::stream, 200, "duplication", Sent::wholly}, Verdict::unknown},
        {{Source::stream, 200, "rate_limited", Sent::wholly}, Verdict::rate},
        {{Source::stream, 200, "busy", Sent::wholly}, Verdict::rate},
        {{Source::stream, 200, "used_up", Sent::wholly}, Verdict::empty},
        {{Source::stream, 200, "invalid_token", Sent::wholly}, Verdict::account},
        // a record, or a callback
        {{Source::record, 0, "timeout", Sent::none}, Verdict::unknown},
        {{Source::record, 0, "gateway_timeout", Sent::none}, Verdict::unknown},
        {{Source::record, 0, "duplication", Sent::none}, Verdict::unknown},
        {{Source::record, 0, "forbidden", Sent::none}, Verdict::rejected},
        {{Source::record, 0, "api_error", Sent::none}, Verdict::generation},
        {{Source::record, 0, "", Sent::none}, Verdict::generation},
    };
    for (auto const& row : cases) check(row);
}

BOOST_AUTO_TEST_CASE(a_gateways_word_proves_nothing_once_the_request_was_sent) {
    struct Case {
        int status;
        Verdict at_first; // before this URL has spoken as the service
        Verdict afterwards;
    };
    Case const cases[] = {
        {301, Verdict::transient, Verdict::unknown}, {302, Verdict::transient, Verdict::unknown},
        {307, Verdict::transient, Verdict::unknown}, {308, Verdict::transient, Verdict::unknown},
        {400, Verdict::unknown, Verdict::unknown},   {401, Verdict::transient, Verdict::unknown},
        {402, Verdict::unknown, Verdict::unknown},   {403, Verdict::transient, Verdict::unknown},
        {404, Verdict::transient, Verdict::unknown}, {405, Verdict::transient, Verdict::unknown},
        {407, Verdict::transient, Verdict::unknown}, {408, Verdict::unknown, Verdict::unknown},
        {413, Verdict::transient, Verdict::unknown}, {421, Verdict::transient, Verdict::unknown},
        {425, Verdict::transient, Verdict::unknown}, {429, Verdict::rate, Verdict::rate},
        {499, Verdict::unknown, Verdict::unknown},   {500, Verdict::unknown, Verdict::unknown},
        {502, Verdict::unknown, Verdict::unknown},   {503, Verdict::unknown, Verdict::unknown},
        {504, Verdict::unknown, Verdict::unknown},   {520, Verdict::unknown, Verdict::unknown},
        {524, Verdict::unknown, Verdict::unknown},   {530, Verdict::unknown, Verdict::unknown},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT("status " << row.status) {
            auto const word = [&row](Sent sent, bool has_spoken) {
                return engine::name_of(provider::verdict_of_gateway(row.status, sent, has_spoken));
            };
            BOOST_TEST(word(Sent::wholly, false) == engine::name_of(row.at_first));
            BOOST_TEST(word(Sent::wholly, true) == engine::name_of(row.afterwards));
            auto const early = row.status == 429 ? Verdict::rate : Verdict::transient;
            BOOST_TEST(word(Sent::partly, true) == engine::name_of(early));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_dead_link_is_told_from_a_bad_download) {
    for (int const status : {403, 404, 410})
        BOOST_TEST((provider::verdict_of_fetch(status) == Verdict::expired));
    for (int const status : {0, 200, 204, 302, 401, 416, 500, 503})
        BOOST_TEST((provider::verdict_of_fetch(status) == Verdict::download));
    BOOST_TEST((provider::verdict_of_fetch(429) == Verdict::rate));
}

BOOST_AUTO_TEST_CASE(retry_after_is_read_as_seconds_and_as_a_date) {
    auto const now = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").value();
    struct Case {
        std::string text;
        std::optional<Duration> expected;
    };
    Case const cases[] = {
        {"7", 7s},
        {" 0 ", 0s},
        {"-5", 0s},
        {"Sun, 06 Nov 1994 08:50:07 GMT", 30s},
        {"Sunday, 06-Nov-94 08:50:07 GMT", 30s},
        {"Sun Nov  6 08:50:07 1994", 30s},
        {"Sun, 06 Nov 1994 08:49:00 GMT", 0s},
        {"Sun, 06 Nov 1994 09:49:37 GMT", 1h},
        {"Sun, 06 Nov 1994 09:49:38 GMT", 1h},
        {"Sun, 06 Nov 2994 08:49:00 GMT", 1h},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 1h},
        {"Thu, 06 Nov 1194 08:49:00 GMT", 0s},
        {"", std::nullopt},
        {"soon", std::nullopt},
        {"7s", std::nullopt},
        {"inf", std::nullopt},
        {"nan", std::nullopt},
        {"1e3", std::nullopt},
        {"0x10", std::nullopt},
        {"-", std::nullopt},
        {"2;3", std::nullopt},
        {"2, soon", std::nullopt},
        {"Sun, 06 Nov", std::nullopt},
        {"3600", 1h},
        {"3601", 1h},
        {"2147483647", 1h},
        {"2147483648", 1h},
        {"4294967296", 1h},
        {"99999999999999", 1h},
        {"18446744073709551616", 1h},
        {std::string(400, '9'), 1h},
        {"0000000000007", 7s},
        {"2, 2", 2s},
        {"2,5,3", 5s},
        {"1.5", 1500ms},
        {"0.25", 250ms},
        {"-0.5", 0s},
        {"99999999999999999999.5", 1h},
        {"-99999999999999999999999", 0s},
    };
    for (auto const& row : cases) {
        BOOST_TEST_CONTEXT(row.text) {
            BOOST_TEST((provider::read_retry_after(row.text, now) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_told_from_a_bad_image) {
    net::Reply reply;
    reply.head.status = 200;
    reply.error = system_error_of(ENOSPC, "out/a.png.part");
    auto const disk = provider::fetch_problem(reply, true, {});
    BOOST_TEST((disk.verdict == Verdict::disk));
    BOOST_TEST(disk.message.find("a.png.part") != std::string::npos);
    for (int const number : {EMFILE, ENFILE}) {
        reply.error = system_error_of(number, "open out/a.png.part");
        for (bool const in_sink : {true, false}) {
            auto const waits = provider::fetch_problem(reply, in_sink, {});
            BOOST_TEST((waits.verdict == Verdict::rate));
            BOOST_TEST(waits.code == "too_many_open_files");
        }
    }
    reply.error = Error(net::Errc::bad_answer, "an HTML page");
    BOOST_TEST((provider::fetch_problem(reply, true, {}).verdict == Verdict::download));
    reply.error = system_error_of(ECONNRESET, "");
    BOOST_TEST((provider::fetch_problem(reply, false, {}).verdict == Verdict::download));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
