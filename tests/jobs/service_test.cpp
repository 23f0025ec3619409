// `service.api`: which API the service of a job file has.
#include "tests/jobs/support.hpp"

#include "jobs/model/job_spec.hpp"
#include "jobs/services/midjourney/model.hpp"

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

std::string file_with(std::string const& service) {
    return "version: 1\nservice: {" + service + "}\njobs:\n  - prompt: a boat\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(service)

BOOST_AUTO_TEST_CASE(the_first_service_is_meant_unless_a_file_names_another) {
    for (auto const* text : {"url: local", "api: midjourney", "api: midjourney, url: local"}) {
        auto const file = load(file_with(text));
        BOOST_TEST((file.service.model == &midjourney::model));
        BOOST_TEST((file.prices.service == &midjourney::model));
        BOOST_TEST((file.jobs.front()->service == &midjourney::model));
        BOOST_TEST((items(file).front().request.service == &midjourney::model));
    }
    BOOST_TEST(load(file_with("api: midjourney")).service.url == "https://api.acedata.cloud");
}

BOOST_AUTO_TEST_CASE(an_unknown_service_is_an_error_at_its_place) {
    BOOST_TEST(findings(file_with("api: midjurney")) ==
               "a.yaml:2:16: error: 'api' can't be 'midjurney', did you mean 'midjourney'?\n");
    BOOST_TEST(findings(file_with("api: x"))
                   .find("a.yaml:2:16: error: 'api' needs one of "
                         "midjourney") == 0u);
}

BOOST_AUTO_TEST_CASE(a_service_is_found_by_its_name_only) {
    BOOST_TEST((find_service_model("midjourney") == &midjourney::model));
    BOOST_TEST((find_service_model("Midjourney") == nullptr));
    BOOST_TEST((find_service_model("") == nullptr));
    BOOST_TEST((&default_service() == &midjourney::model));
}

BOOST_AUTO_TEST_CASE(the_tables_of_a_service_fit_each_other) {
    for (auto const* model : service_models()) {
        BOOST_TEST_CONTEXT(model->name) {
            for (auto const& kind : model->kinds)
                BOOST_TEST((model->find_action(kind.action) != nullptr), std::string(kind.name));
            for (auto const& endpoint : model->endpoints) {
                for (auto const field : endpoint.fields)
                    BOOST_TEST((model->find_field(field) != nullptr), std::string(field));
            }
            for (auto const& action : model->follow_ups) {
                BOOST_TEST(!model->begins_a_job(action.name));
                bool const is_field =
                    action.needs.empty() || model->find_field(action.needs) != nullptr;
                BOOST_TEST(is_field, std::string(action.name));
                BOOST_TEST(
                    (action.repeats.empty() || model->find_action(action.repeats) != nullptr));
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
