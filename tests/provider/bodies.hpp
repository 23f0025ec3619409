// Answers in the shape that the service publishes, with shorter links.
#pragma once

#include <string>

namespace darkroom::test {

inline std::string const task = "1bae3bec-3ac4-4180-a148-74ee6cb68b98";

inline std::string const finished_line =
    R"({"image_url":"https://cdn.example/a/1/x.png?ex=662fdb36&is=662e89b6&hm=ca&width=1024",)"
    R"("image_width":1024,"image_height":512,"image_id":"1234197197067915365",)"
    R"("raw_image_url":"https://cdn.example/a/1/x.png?ex=662fdb36&is=662e89b6&hm=ca\u0026",)"
    R"("raw_image_width":2048,"raw_image_height":1024,"progress":100,)"
    R"("actions":["upscale1","variation2"],"task_id":"1bae3bec-3ac4-4180-a148-74ee6cb68b98",)"
    R"("success":true,"elapsed":7})";

inline std::string const failed_line =
    R"({"success":false,"task_id":"1bae3bec-3ac4-4180-a148-74ee6cb68b98",)"
    R"("error":{"code":"api_error","message":"upstream gave up"},"trace_id":"9d1c"})";

inline std::string const printed_answer = R"({
  "image_id": "1234197197067915365",
  "raw_image_url": "https://cdn.example/a/1/x.png",
  "progress": 100,
  "actions": [
    "upscale1",
    "variation2"
  ],
  "task_id": "1bae3bec-3ac4-4180-a148-74ee6cb68b98",
  "success": true
})";

inline std::string preview_line(int percent) {
    return R"({"image_url":"https://cdn.example/p.webp?w=256","image_id":"1234558451443699803",)"
           R"("raw_image_url":"https://cdn.example/p.webp","raw_image_width":512,"progress":)" +
           std::to_string(percent) + R"(,"actions":[],"task_id":")" + task + R"(","success":true})";
}

/// A task record; `finished_at` and `response` are JSON, the latter is left out when empty.
inline std::string record(std::string const& finished_at, std::string const& response) {
    return R"({"id":")" + task +
           R"(","type":"imagine","trace_id":"bb01","created_at":1763859600.125,)"
           R"("finished_at":)" +
           finished_at + R"(,"request":{"action":"generate","mode":"fast","prompt":"boats"})" +
           (response.empty() ? "" : R"(,"response":)" + response) + "}";
}

} // namespace darkroom::test
