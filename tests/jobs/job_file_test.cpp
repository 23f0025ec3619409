// What a good file means: every section, defaults, merging, overrides.
#include "jobs/model/job_spec.hpp"
#include "tests/jobs/support.hpp"

#include <sstream>

using namespace darkroom;
using namespace darkroom::jobs;
using namespace darkroom::jobs::test;
using namespace std::chrono_literals;

namespace {

std::string const small = "version: 1\njobs:\n  - prompt: a\n";

} // namespace

BOOST_AUTO_TEST_SUITE(job_files)

BOOST_AUTO_TEST_CASE(a_small_file_gets_every_default) {
    auto const file = load(small);
    BOOST_TEST(file.name == "a");
    BOOST_TEST(file.service.url == "https://api.acedata.cloud");
    BOOST_TEST((file.service.token.kind == TokenSource::Kind::none));
    BOOST_TEST((file.service.delivery == Delivery::stream));
    BOOST_TEST((file.service.timeouts.total == 15min));
    BOOST_TEST(file.limits.concurrency == 5);
    BOOST_TEST(file.limits.rate == 1.0);
    BOOST_TEST(file.retry.attempts == 5);
    BOOST_TEST(!file.budget.cost.has_value());
    BOOST_TEST(file.prices.of("upscale1") == 26'000);
    BOOST_TEST(file.output.directory == "/jobs/out");
    BOOST_TEST(file.jobs.front()->id == "job-1");
}

BOOST_AUTO_TEST_CASE(every_setting_is_read) {
    auto const file = load(R"(
version: 1
name: volcano-cars
service:
  url: http://127.0.0.1:8787/base
  token: {command: [pass, show, mj]}
  delivery: callback
  callback: {listen: "127.0.0.1:0", public_url: "https://hooks.example.org"}
  ca_file: extra-ca.pem
  proxy: {env: HTTPS_PROXY}
  timeouts: {connect: 250ms, first_event: 1.5s, idle: 2m, total: 2h}
limits: {concurrency: 12, rate: 30/min, downloads: 3, adaptive: false, failures: 0}
retry: {attempts: 2, base: 2s, cap: 2m, settle: 0s}
budget: {generations: 500, cost: 20.00}
prices: {currency: EUR, generate: 0.026, upscale: 0.005, upscale_4x: 1, default: 0.000001}
jobs:
  - prompt: a
    vars: {car: Ferrari}
output:
  directory: ../pictures
  layout: "{variable:car}/{item:04}-{image_id}{ext}"
  images: leaves
  split_grids: true
  captions: txt
  sidecar: json
  private: true
)");
    BOOST_TEST(file.name == "volcano-cars");
    BOOST_TEST(file.service.url == "http://127.0.0.1:8787/base");
    BOOST_TEST((file.service.token.kind == TokenSource::Kind::command));
    BOOST_TEST((file.service.token.words == std::vector<std::string>{"pass", "show", "mj"}));
    BOOST_TEST((file.service.delivery == Delivery::callback));
    BOOST_TEST(file.service.callback_listen == "127.0.0.1:0");
    BOOST_TEST(file.service.callback_public_url == "https://hooks.example.org");
    BOOST_TEST(file.service.ca_file == "/jobs/extra-ca.pem");
    BOOST_TEST(file.service.proxy.words.front() == "HTTPS_PROXY");
    BOOST_TEST((file.service.timeouts.connect == 250ms));
    BOOST_TEST((file.service.timeouts.first_event == 1500ms));
    BOOST_TEST((file.service.timeouts.idle == 2min));
    BOOST_TEST((file.service.timeouts.total == 2h));
    BOOST_TEST(file.limits.concurrency == 12);
    BOOST_TEST(file.limits.rate == 0.5);
    BOOST_TEST(file.limits.downloads == 3);
    BOOST_TEST(!file.limits.adaptive);
    BOOST_TEST(file.limits.failures == 0);
    BOOST_TEST(file.retry.attempts == 2);
    BOOST_TEST((file.retry.base == 2s));
    BOOST_TEST((file.retry.cap == 2min));
    BOOST_TEST((file.retry.settle == 0s));
    BOOST_TEST(file.budget.generations.value() == 500);
    BOOST_TEST(file.budget.cost.value() == 20'000'000);
    BOOST_TEST(file.prices.currency == "EUR");
    BOOST_TEST(file.prices.of("upscale1") == 5'000);
    BOOST_TEST(file.prices.of("upscale_4x") == 1'000'000);
    BOOST_TEST(file.prices.of("reroll") == 1);
    BOOST_TEST(file.output.directory == "/pictures");
    BOOST_TEST(file.output.leaves_only);
    BOOST_TEST(file.output.split_grids);
    BOOST_TEST((file.output.captions == Captions::prompt));
    BOOST_TEST(file.output.sidecar);
    BOOST_TEST(file.output.is_private);
}

BOOST_AUTO_TEST_CASE(a_token_file_is_relative_to_the_job_file) {
    auto const file = load("version: 1\nservice: {url: local, token: {file: t.txt}}\n"
                           "jobs: [{prompt: a}]\n");
    BOOST_TEST(file.service.url == "local");
    BOOST_TEST(file.service.token.words.front() == "/jobs/t.txt");
}

BOOST_AUTO_TEST_CASE(defaults_lie_below_every_job) {
    auto const file = load(R"(
version: 1
defaults:
  mode: relax
  prefix: photo of
  suffix: --v 6
  params: {ar: "16:9", tile: true, raw: true}
  vars: {where: fog, what: car}
  chain: [upscale1]
  repeat: 2
  hd: true
jobs:
  - prompt: a {{what}} in {{where}}
  - prompt: a {{what}} in {{where}}
    mode: fast
    prefix: ""
    suffix: ""
    params: {ar: "1:1", tile: false, seed: 7}
    matrix: {what: [boat]}
    vars: {where: rain}
    then: []
    repeat: 1
    hd: false
)");
    auto const list = items(file);
    BOOST_REQUIRE(list.size() == 3u);
    BOOST_TEST(list[0].request.prompt() == "photo of a car in fog --v 6 --ar 16:9 --tile --raw");
    BOOST_TEST(list[0].request.mode() == "relax");
    BOOST_TEST(list[0].request.body.boolean("hd").value());
    BOOST_TEST(list[0].then->size() == 1u);
    BOOST_TEST(list[2].request.prompt() == "a boat in rain --ar 1:1 --raw --seed 7");
    BOOST_TEST(list[2].request.mode() == "fast");
    BOOST_TEST(list[2].then->size() == 0u);
}

BOOST_AUTO_TEST_CASE(anchors_and_merges_are_followed) {
    auto const file = load(R"(
version: 1
jobs:
  - &first
    id: one
    prompt: a {{x}}
    vars: &vars {x: lamp}
    params: &look {ar: "3:2", s: 100}
  - <<: *first
    id: two
    params: {<<: *look, s: 50}
  - id: three
    prompt: b {{x}} {{y}}
    vars:
      y: lit
      <<: [*vars]
)");
    BOOST_TEST(prompts(file) == "a lamp --ar 3:2 --s 100\na lamp --s 50 --ar 3:2\nb lamp lit\n");
}

BOOST_AUTO_TEST_CASE(values_are_taken_as_they_are_written) {
    auto const file = load(one_job("prompt: '{{id}} {{no}} {{float}} {{text}}'\n"
                                   "vars: {id: 0123456789012345678, no: no, float: 1.50, "
                                   "text: \"true\"}\n"
                                   "params: {seed: 4294967295, ar: 16:9}\n"
                                   "quality: .5\nversion: 8.10"));
    BOOST_TEST(prompts(file) == "0123456789012345678 no 1.50 true --seed 4294967295 --ar 16:9\n");
}

BOOST_AUTO_TEST_CASE(a_job_may_go_on_from_an_image_of_an_earlier_run) {
    auto const file = load(one_job("action: upscale2\nimage_id: 1300000000000000101\n"
                                   "chain: [zoom_out_2x]"));
    auto const item = items(file).at(0);
    BOOST_TEST(item.request.action() == "upscale2");
    BOOST_TEST(item.request.body.text("image_id").value() == "1300000000000000101");
    BOOST_TEST(item.request.service->canonical_body(item.request.body) ==
               R"({"action":"upscale2","image_id":"1300000000000000101"})");
    BOOST_TEST((first_step(std::make_shared<Item const>(item)).kind() == ResultKind::single));
}

BOOST_AUTO_TEST_CASE(branches_are_read_with_their_fields) {
    auto const file = load(one_job(R"(prompt: a
then:
  - upscale4
  - action: [upscale1, upscale3]
    mode: turbo
  - action: variation*
    then:
      - action: upscale2
        download: false
        then: [zoom_out_2x]
  - action: variation_region
    mask: aGVsbG8=
    prompt: a {{mood|calm}} face)"));
    auto const& then = *file.jobs.front()->then;
    BOOST_REQUIRE(then.size() == 4u);
    BOOST_TEST((then[0].actions == std::vector<std::string>{"upscale4"}));
    BOOST_TEST((then[1].actions == std::vector<std::string>{"upscale1", "upscale3"}));
    BOOST_TEST(then[1].fields.text("mode").value() == "turbo");
    BOOST_TEST(!then[2].then[0].download);
    BOOST_TEST(then[2].then[0].then[0].actions.front() == "zoom_out_2x");
    auto const root = first_step(std::make_shared<Item const>(items(file).at(0)));
    BOOST_TEST(steps_below(root).back().request.prompt() == "a calm face");
}

BOOST_AUTO_TEST_CASE(unknown_actions_are_warnings_unless_strict) {
    auto const text = one_job("prompt: a\nchain: [upscale1, colorize, upscale_2x]");
    BOOST_TEST(findings(text) == "a.yaml:5:23: warning: unknown action 'colorize' (it is sent only "
                                 "if the image turns out to offer it)\n");
    BOOST_TEST(findings(text, {{}, true}) ==
               "a.yaml:5:23: error: unknown action 'colorize' (it is sent only "
               "if the image turns out to offer it)\n");
    BOOST_TEST(load_job_text(text, "a.yaml", {}).file.has_value());
}

BOOST_AUTO_TEST_CASE(a_near_miss_of_an_action_is_an_error) {
    BOOST_TEST(findings(one_job("prompt: a\nthen: [upscale5]")) ==
               "a.yaml:5:12: error: unknown action 'upscale5', did you mean 'upscale1'?\n");
    BOOST_TEST(findings(one_job("prompt: a\nchain: [upscael4]")) ==
               "a.yaml:5:13: error: unknown action 'upscael4', did you mean 'upscale4'?\n");
}

BOOST_AUTO_TEST_CASE(all_errors_of_a_file_are_reported_in_their_order) {
    auto const found = findings(R"(version: 2
limits:
  rate: fast
  concurrency: -1
jobs:
  - prompt: a {{x}}
    images: [a.png]
    then: [upscale9x!, pan_left]
  - id: b
)");
    std::string_view const begins[] = {"a.yaml:1:10: error: 'version' needs 1",
                                       "a.yaml:3:9: error: 'rate' needs a rate",
                                       "a.yaml:4:16: error: 'concurrency' needs",
                                       "a.yaml:6:15: error: undefined variable '{{x}}'",
                                       "a.yaml:7:14: error: 'a.png' is not an http",
                                       "a.yaml:8:12: error: 'upscale9x!' is not an action",
                                       "a.yaml:8:24: error: 'pan_left' can't",
                                       "a.yaml:9:5: error: this job has no 'prompt'"};
    std::istringstream lines(found);
    std::string line;
    for (auto const begin : begins) {
        BOOST_REQUIRE(std::getline(lines, line));
        BOOST_TEST(line.substr(0, begin.size()) == begin);
    }
    BOOST_TEST(!std::getline(lines, line));
}

BOOST_AUTO_TEST_CASE(a_tokens_value_is_never_shown) {
    for (auto const* token : {"sk-secret", "{env: sk-secret}", "{value: sk-secret}", "[sk-secret]",
                              "{sk-secret: x}", "{env: [sk-secret]}"}) {
        auto const text =
            std::string("version: 1\nservice:\n  token: ") + token + "\njobs: [{prompt: a}]\n";
        auto const lines = findings(text);
        BOOST_TEST(lines != "");
        BOOST_TEST(lines.find("secret") == std::string::npos);
    }
    auto const flag = findings(small, {{{"service.token", "sk-secret"}}, false});
    BOOST_TEST(flag.starts_with("--set service.token: error: a token is never written"));
    BOOST_TEST(flag.find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(overrides_lie_over_the_file) {
    LoadOptions options;
    options.overrides = {{"limits.rate", "2/s"},     {"jobs.0.repeat", "3"},
                         {"jobs.job-x.prompt", "b"}, {"service", "{url: local}"},
                         {"output.captions", "txt"}, {"jobs.0.params.ar", "'1:1'"},
                         {"limits.rate", "120/min"}};
    auto const file =
        load("version: 1\nlimits: {concurrency: 2}\njobs: [{prompt: a}, {id: job-x, prompt: c}]\n",
             options);
    BOOST_TEST(file.limits.rate == 2.0);
    BOOST_TEST(file.limits.concurrency == 2);
    BOOST_TEST(file.service.url == "local");
    BOOST_TEST((file.output.captions == Captions::prompt));
    BOOST_TEST(prompts(file) == "a --ar 1:1\na --ar 1:1\na --ar 1:1\nb\n");
}

BOOST_AUTO_TEST_CASE(an_override_of_null_removes_a_limit_of_the_budget) {
    constexpr auto text = "version: 1\nbudget: {cost: 3, per_day: 1, per_month: 20}\n"
                          "jobs: [{prompt: a}]\n";
    LoadOptions options;
    options.overrides = {{"budget.per_day", "null"}, {"budget.cost", "~"}};
    auto const file = load(text, options);
    BOOST_TEST(!file.budget.per_day.has_value());
    BOOST_TEST(!file.budget.cost.has_value());
    BOOST_TEST(file.budget.per_month.value() == 20'000'000);
    options.overrides = {{"budget.per_day", "null"}};
    BOOST_TEST(findings("version: 1\njobs: [{prompt: a}]\n", options) == "");
    options.overrides = {{"budget.per_day", ""}};
    BOOST_TEST(findings(text, options).find("'per_day' has no value") != std::string::npos);
    BOOST_TEST(findings("version: 1\nbudget: {per_day: }\njobs: [{prompt: a}]\n", {}) != "");
}

BOOST_AUTO_TEST_CASE(a_wrong_override_names_its_flag) {
    struct Row {
        Override given;
        std::string_view expected;
    };
    Row const rows[] = {
        {{"limits.rat", "2/s"},
         "--set limits.rat: error: unknown key 'rat' in 'limits', did you mean 'rate'?\n"},
        {{"limits.rate", "fast"},
         "--set limits.rate: error: 'rate' needs a rate above zero such as 1/s, 30/min or 100/h "
         "(at most 100000/s), not 'fast'\n"},
        {{"jobs.7.repeat", "2"}, "--set jobs.7.repeat: error: there is no element '7' here\n"},
        {{"jobs..repeat", "2"},
         "--set jobs..repeat: error: the path has an empty part: write it like limits.rate\n"},
        {{"", "2"}, "--set : error: the path has an empty part: write it like limits.rate\n"},
        {{"version.x", "2"}, "--set version.x: error: 'x' is below a plain value\n"},
        {{"limits.rate", "[1"}, "--set limits.rate: error: '[' is never closed by ']'\n"},
        {{"limits.rate", ""},
         "--set limits.rate: error: 'rate' has no value: it needs a rate above zero such as 1/s, "
         "30/min or 100/h (at most 100000/s)\n"},
    };
    for (auto const& row : rows) {
        LoadOptions options;
        options.overrides = {row.given};
        BOOST_TEST(findings(small, options) == row.expected);
    }
}

BOOST_AUTO_TEST_CASE(of_leaves_only_what_nothing_follows_is_kept) {
    std::string const text = "version: 1\noutput: {images: leaves}\njobs:\n  - prompt: a\n"
                             "    then: [{action: variation1, then: [upscale1]}, upscale2]\n"
                             "  - prompt: b\n";
    auto const list = items(load(text));
    auto const first = first_step(std::make_shared<Item const>(list.at(0)));
    auto const below = steps_below(first);
    BOOST_TEST(!first.download);
    BOOST_TEST(!below.at(0).download);
    BOOST_TEST(steps_below(below.at(0)).at(0).download);
    BOOST_TEST(below.at(1).download);
    BOOST_TEST(list.at(1).download);
}

BOOST_AUTO_TEST_CASE(the_name_is_the_files_stem_as_a_slug) {
    auto const name = [](std::string const& path) {
        return load_job_text(small, path, {}).file.value().name;
    };
    BOOST_TEST(name("/x/volcano cars!.yaml") == "volcano-cars");
    BOOST_TEST(name("a.b.yaml") == "a.b");
    BOOST_TEST(name("-") == "stdin");
    BOOST_TEST(name("日本.yaml") == "run");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_an_error_of_its_own) {
    auto const missing = load_job_file("/nowhere/a.yaml", {});
    BOOST_REQUIRE(missing.has_error());
    BOOST_TEST(missing.error().message().starts_with("cannot read the job file '/nowhere/a.yaml'"));
    BOOST_TEST(load_job_file(DARKROOM_SOURCE_DIR "/tests", {}).has_error());
    auto const read = load_job_file(DARKROOM_SOURCE_DIR "/tests/jobs/bad/empty.yaml", {});
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(!read->file.has_value());
}

BOOST_AUTO_TEST_CASE(json_writes_a_character_beyond_16_bits_as_two_escapes) {
    struct Row {
        std::string_view written, text;
    };
    Row const rows[] = {
        {R"("a \ud83d\ude00 cat")", "a \U0001F600 cat"},
        {R"("\uD83D\uDE00\uD83D\uDE01\u00e9")", "\U0001F600\U0001F601é"},
        {R"("a\\ud83d\ude00")", ""}, // a backslash, and half a pair
        {R"("a\\\ud83d\ude00")", "a\\\U0001F600"},
        {R"(&a !!str "\udbff\udfff")", "\U0010FFFF"},
        {R"('a \ud83d\ude00')", R"(a \ud83d\ude00)"},
        {R"(a "b" \ud83d\ude00)", R"(a "b" \ud83d\ude00)"},
        {"\"\xC2\x91\"", "\xC2\x91"},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.written) {
            auto const text =
                "version: 1\njobs: [{prompt: p, vars: {v: " + std::string(row.written) + "}}]\n";
            if (row.text.empty()) {
                BOOST_TEST(findings(text) == "a.yaml:2:45: error: an escape for a character that "
                                             "does not exist\n");
                continue;
            }
            BOOST_TEST(load(text).jobs.front()->vars.front().second == row.text);
        }
    }
    auto const key = load(R"({"version": 1, "jobs": [{"prompt": "a", "id": "b"}], "output": )"
                          R"({"directory": "\ud83d\ude00"}})");
    BOOST_TEST(key.output.directory == "/jobs/\U0001F600");
}

BOOST_AUTO_TEST_CASE(what_only_the_service_can_judge_of_an_image_address_is_left_to_it) {
    for (std::string const address :
         {"http://u:p@h/a.png", "https://bücher.example/a.png", "https://h/ä.png?q=é"}) {
        auto const lines = findings(one_job("prompt: p\nimages: ['" + address + "']"));
        BOOST_TEST_CONTEXT(address)
        BOOST_TEST(lines == "");
    }
    BOOST_TEST(
        findings(one_job("prompt: p\nimages: ['http://{{h}}/a.png']\nmatrix: {h: [a, '[b]']}"))
            .ends_with("the address 'http://[b]/a.png' can't be fetched: the text in "
                       "brackets is not an IPv6 address\n"));
}

BOOST_AUTO_TEST_SUITE_END()
