// The schema's lists of actions are those of the service model.
#include "jobs/schema.hpp"
#include "jobs/services/service_model.hpp"
#include "runner/base/json.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace darkroom;

namespace {

using Names = std::multiset<std::string>;

/// Returns the names that the schema lists at this place of its definitions.
Names listed(std::vector<std::string_view> const& place) {
    auto const schema = json::read(jobs::schema_text()).value();
    auto const* node = schema.find("definitions");
    for (auto const key : place) {
        BOOST_TEST_REQUIRE(node != nullptr);
        node = node->find(key);
    }
    BOOST_TEST_REQUIRE(node != nullptr);
    auto const* choices = node->find("anyOf");
    BOOST_TEST_REQUIRE(choices != nullptr);
    auto const names = choices->array()->front().texts("enum");
    return {names.begin(), names.end()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(schema)

BOOST_AUTO_TEST_CASE(a_branch_lists_every_action_that_can_follow) {
    Names known;
    for (auto const& action : jobs::default_service().follow_ups)
        known.insert(std::string(action.name));
    BOOST_TEST(listed({"action"}) == known, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_job_lists_every_action_of_the_endpoint_that_it_begins_with) {
    auto const& service = jobs::default_service();
    auto const& first = service.endpoints.front();
    Names known;
    for (auto const actions : {service.first_actions, service.follow_ups}) {
        for (auto const& action : actions) {
            if (&service.endpoint_of(action.name) == &first) known.insert(std::string(action.name));
        }
    }
    BOOST_TEST(listed({"job", "properties", "action"}) == known, boost::test_tools::per_element());
    BOOST_TEST(listed({"defaults", "properties", "action"}) == known,
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
