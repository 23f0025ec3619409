// Names of files, their links, the end of links; ids.
#include "runner/studio/tasks/ids.hpp"
#include "runner/studio/tasks/links.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace darkroom;
using namespace darkroom::studio;
using namespace std::chrono_literals;

namespace {

WallTime const noon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h};

http::Request request_for(std::string const& link, LinkPolicy const& policy) {
    auto const target = link.substr(policy.base_url.size());
    auto const question = target.find('?');
    http::Request request;
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    return request;
}

} // namespace

BOOST_AUTO_TEST_SUITE(links)

BOOST_AUTO_TEST_CASE(file_names_are_read_as_they_are_written) {
    for (auto const* text :
         {"a-b.png", "a-b_0.png", "a-b_3.png", "a-b_p31.webp", "a-b_v0.webp", "a-b_v3.mp4"}) {
        auto const name = read_file_name(text);
        BOOST_REQUIRE_MESSAGE(name.has_value(), text);
        BOOST_TEST(name->task_id == "a-b");
        BOOST_TEST(to_text(*name) == text);
    }
    for (auto const* text :
         {"a", "a.jpg", "a_4.png", "a_00.png", "a_p31.png", "a_0.mp4", "a_v4.mp4", "a_p31.mp4",
          "a_p.webp", "a_x.png", "a_-1.png", "a_0_1.png"})
        BOOST_TEST(!read_file_name(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_plain_link_has_no_end) {
    LinkPolicy const policy{"http://h:1", Duration::zero(), 7};
    Task task;
    auto const link = raw_link(policy, task, FileName{"t", FileKind::raw, 0}, noon);
    BOOST_TEST(link == "http://h:1/files/t.png");
    BOOST_TEST(thumbnail_link(link) == "http://h:1/files/t.png?thumb=50");
    BOOST_TEST(!dead_link(policy, task, request_for(link, policy), noon + 24h).has_value());
}

BOOST_AUTO_TEST_CASE(a_link_that_ends_is_signed_and_looks_like_the_articles) {
    LinkPolicy const policy{"http://h:1", 60s, 7};
    Task task;
    auto const link = raw_link(policy, task, FileName{"t", FileKind::raw, 0}, noon);
    BOOST_TEST(link.starts_with("http://h:1/files/t.png?ex=6b042afc&is=6b042ac0&hm="), link);
    BOOST_TEST(link.ends_with("&"));
    BOOST_TEST(thumbnail_link(link) == link + "thumb=50");
    auto const request = request_for(link, policy);
    BOOST_TEST(!dead_link(policy, task, request, noon + 59s).has_value());
    BOOST_TEST(dead_link(policy, task, request, noon + 60s)->status == 403);
    auto forged = request;
    forged.query.replace(forged.query.find("ex=6"), 4, "ex=7");
    BOOST_TEST(dead_link(policy, task, forged, noon)->status == 403);
    auto other = request;
    other.path = "/files/u.png";
    BOOST_TEST(dead_link(policy, task, other, noon).has_value());
}

BOOST_AUTO_TEST_CASE(links_of_an_earlier_generation_are_dead) {
    LinkPolicy const policy{"http://h:1", Duration::zero(), 7};
    Task task;
    FileName const name{"t", FileKind::raw, 0};
    auto const old_link = raw_link(policy, task, name, noon);
    task.link_generation = 1;
    task.dead_link_status = 410;
    BOOST_TEST(dead_link(policy, task, request_for(old_link, policy), noon)->status == 410);
    auto const fresh = raw_link(policy, task, name, noon);
    BOOST_TEST(fresh == "http://h:1/files/t.png?g=1&");
    BOOST_TEST(!dead_link(policy, task, request_for(fresh, policy), noon).has_value());
}

BOOST_AUTO_TEST_CASE(ids_have_their_shape_and_do_not_repeat) {
    Ids ids(5);
    std::set<std::string> seen;
    std::string before;
    for (int i = 0; i < 20'000; ++i) {
        auto const uuid = ids.uuid();
        BOOST_REQUIRE(uuid.size() == 36u);
        BOOST_REQUIRE(uuid[14] == '4');
        BOOST_REQUIRE(std::string("89ab").find(uuid[19]) != std::string::npos);
        BOOST_REQUIRE(seen.insert(uuid).second);
        auto const image = ids.image_id(noon); // time stands still, or runs back
        BOOST_REQUIRE(image.size() == 19u);
        BOOST_REQUIRE(image > before);
        before = image;
    }
    BOOST_TEST(ids.image_id(noon - 1h) > before);
    BOOST_TEST(Ids(5).uuid() == Ids(5).uuid());
    BOOST_TEST(Ids(5).uuid() != Ids(6).uuid());
}

BOOST_AUTO_TEST_SUITE_END()
