# The pictures of the built-in service; no network in here.
runner_room(studio_paint NEEDS base
  SOURCES backdrop.cpp clip.cpp describe.cpp image_codec.cpp image_codec_jpeg.cpp paint.cpp
    paint_canvas.cpp paint_field.cpp paint_palette.cpp picture.cpp picture_follow.cpp
    picture_inputs.cpp picture_json.cpp picture_prompt.cpp
  LIBRARIES fmt::fmt ${SPNG_LIBRARY} webpmux webp jpeg)
# A picture is a hundred million steps of arithmetic: without this, a debug build waits for it.
set_source_files_properties(backdrop.cpp clip.cpp paint_canvas.cpp paint_field.cpp
  paint_palette.cpp PROPERTIES COMPILE_OPTIONS -O2 SKIP_PRECOMPILE_HEADERS ON)
