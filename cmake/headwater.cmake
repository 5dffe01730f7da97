# For the build's own vocabulary: folders, their tests, fuzzing, benches, embedded packs, and third-party libraries.

# Leaves in HEADWATER_PYTHON a Python with what tools/requirements-build.txt lists: the one named with -D, else that of ./dev setup.
macro(headwater_python)
  if(NOT HEADWATER_PYTHON)
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/dev python
      OUTPUT_VARIABLE HEADWATER_PYTHON OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/requirements-build.txt)
  endif()
endmacro()

find_package(PkgConfig REQUIRED)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(RDKAFKA REQUIRED IMPORTED_TARGET rdkafka)
find_package(Snappy REQUIRED)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
find_package(CURL 7.85 REQUIRED)
find_package(pugixml REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(SQLiteCpp REQUIRED)
include(cmake/arrow.cmake)

# What the service stands on: Asio, which is headers only, OpenSSL and SQLite.
add_library(headwater_web INTERFACE)
target_link_libraries(headwater_web INTERFACE Boost::headers OpenSSL::SSL SQLiteCpp SQLite::SQLite3)

# Our checks are on in every build, so nothing hangs on NDEBUG. What works on records is optimised fully; the rest, which
# runs once or waits, is compiled in half the time.
set(CMAKE_CXX_FLAGS_RELEASE "")
set(headwater_hot_flags $<$<CONFIG:Release>:-O3>)
set(headwater_cold_flags $<$<CONFIG:Release>:-O1>)
set(headwater_json_flags ${headwater_cold_flags})

# The folders' code is linked into the program and into its modules alike.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)  # programs' own files too: what was compiled ahead is taken by one kind of code only
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

find_program(HEADWATER_CCACHE ccache)
if(HEADWATER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HEADWATER_CCACHE})
endif()
find_program(HEADWATER_MOLD mold)
if(HEADWATER_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Warnings differ from compiler to compiler, and sanitizers bring their own: AUTO makes them errors only where they are known.
set(headwater_gcc_12 OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(headwater_gcc_12 ON)
endif()
set(headwater_warnings_are_errors ${HEADWATER_WERROR})
if(HEADWATER_WERROR STREQUAL "AUTO")
  set(headwater_warnings_are_errors OFF)
  if(headwater_gcc_12 AND NOT HEADWATER_SANITIZE)
    set(headwater_warnings_are_errors ON)
  endif()
endif()

# Compiles cmake/standard_headers.h, once for each set of flags; every target takes it ready from there. Those that speak
# JSON take that library with it.
function(headwater_standard_headers)
  foreach(speed hot cold json)
    set(source ${PROJECT_BINARY_DIR}/generated/standard_headers_${speed}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "")
    add_library(headwater_standard_${speed} OBJECT ${source})
    headwater_flags(headwater_standard_${speed} ${speed})
    target_precompile_headers(headwater_standard_${speed} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/standard_headers.h)
  endforeach()
  target_precompile_headers(headwater_standard_json PRIVATE <nlohmann/json.hpp>)
endfunction()

# Compile options that every target of ours has. -ffp-contract=off is law: bytes must not depend on fused operations.
# -fno-math-errno and -fno-trapping-math change no value: nobody reads errno or exception flags, and without them g++ vectorises choices.
# headwater_options(TARGET [hot|cold|json])
function(headwater_options target)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  set(speed ${ARGN})
  if(NOT speed)
    set(speed hot)
  endif()
  headwater_flags(${target} ${speed})
  target_precompile_headers(${target} REUSE_FROM headwater_standard_${speed})
endfunction()

function(headwater_flags target speed)
  target_compile_options(${target} PRIVATE ${headwater_${speed}_flags})
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wno-missing-field-initializers -ffp-contract=off -fno-math-errno -fno-trapping-math)
  if(headwater_gcc_12)
    # Wrong about copies inside std::string (GCC bug 105651 and its kin).
    target_compile_options(${target} PRIVATE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
    if(NOT speed STREQUAL "hot")
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)  # and at -O1 about std::optional
    endif()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND speed STREQUAL "json")
    # To collect garbage among 100 MB of ready headers costs a quarter of the time; no file needs more than 1 GB in all.
    target_compile_options(${target} PRIVATE --param=ggc-min-heapsize=1048576)
  endif()
  if(headwater_warnings_are_errors)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(NOT HEADWATER_PORTABLE AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(${target} PRIVATE -march=x86-64-v3)
  else()
    target_compile_definitions(${target} PRIVATE HEADWATER_PORTABLE=1)
  endif()
  if(HEADWATER_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${HEADWATER_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${HEADWATER_SANITIZE})
  endif()
endfunction()

# Leaves in the variable `plain` the sources that do not include the JSON library, and in `json` those that do.
function(headwater_tell_json plain json)
  set(others)
  set(speakers)
  foreach(source ${ARGN})
    file(STRINGS ${source} includes REGEX "include <nlohmann/json.hpp>" LIMIT_COUNT 1)
    if(includes)
      list(APPEND speakers ${source})
    else()
      list(APPEND others ${source})
    endif()
  endforeach()
  set(${plain} ${others} PARENT_SCOPE)
  set(${json} ${speakers} PARENT_SCOPE)
endfunction()

# headwater_folder(NAME NEEDS folders... LIBRARIES targets... EXCEPT patterns... COLD patterns...): a static library of
# src/NAME, without its tests and the doors of its modules (module.cpp). COLD: files that work on no records.
function(headwater_folder name)
  cmake_parse_arguments(arg "" "" "NEEDS;LIBRARIES;EXCEPT;COLD" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  foreach(pattern ${arg_EXCEPT})
    file(GLOB excepted ${PROJECT_SOURCE_DIR}/src/${name}/${pattern})
    list(FILTER excepted EXCLUDE REGEX "(_test|/kind)\\.cpp$")
    list(REMOVE_ITEM sources ${excepted})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/module\\.cpp$")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set_property(GLOBAL APPEND PROPERTY headwater_test_sources ${tests})
  set_property(GLOBAL APPEND PROPERTY headwater_test_libraries ${arg_LIBRARIES})
  set(scope INTERFACE)
  if(sources)
    list(TRANSFORM arg_COLD PREPEND ${PROJECT_SOURCE_DIR}/src/${name}/)
    set(cold)
    if(arg_COLD)
      file(GLOB_RECURSE cold ${arg_COLD})
    endif()
    headwater_library(headwater_${name} SOURCES ${sources} COLD ${cold} LIBRARIES ${arg_LIBRARIES} nlohmann_json::nlohmann_json)
    set(scope PUBLIC)
  else()
    add_library(headwater_${name} INTERFACE)
    target_include_directories(headwater_${name} INTERFACE ${PROJECT_SOURCE_DIR}/src)
  endif()
  foreach(need ${arg_NEEDS})
    target_link_libraries(headwater_${name} ${scope} headwater_${need})
  endforeach()
endfunction()

# headwater_library(LIBRARY SOURCES files... COLD files... LIBRARIES targets...): a static library of sources, each compiled
# as it is used.
function(headwater_library library)
  cmake_parse_arguments(arg "" "" "SOURCES;COLD;LIBRARIES" ${ARGN})
  set(hot)
  set(slow)
  foreach(source ${arg_SOURCES})
    if(source IN_LIST arg_COLD)
      list(APPEND slow ${source})
    else()
      list(APPEND hot ${source})
    endif()
  endforeach()
  headwater_tell_json(cold json ${slow})
  set(objects)
  foreach(speed hot cold json)
    if(${speed})
      add_library(${library}_${speed} OBJECT ${${speed}})
      target_link_libraries(${library}_${speed} PRIVATE ${arg_LIBRARIES})
      headwater_options(${library}_${speed} ${speed})
      list(APPEND objects $<TARGET_OBJECTS:${library}_${speed}>)
    endif()
  endforeach()
  add_library(${library} STATIC ${objects})
  set_target_properties(${library} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(${library} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${library} PRIVATE Threads::Threads ${arg_LIBRARIES})
endfunction()

# Links of our archives what is asked for, and no library that only the rest of them needs. The standard library comes first:
# mold 1.10 takes what other libraries ask of it (std::string::resize) out of the archives, with all that hangs on it.
function(headwater_link_little target)
  target_link_options(${target} PRIVATE -Wl,--as-needed -lstdc++)
endfunction()

# Makes and installs the program: src/app/main.cpp over the libraries of the folders. The look at the processor is linked
# here, not from a library, or nobody would ask for it.
function(headwater_program name)
  file(GLOB sources CONFIGURE_DEPENDS src/app/main.cpp src/app/processor.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE headwater_app headwater_packs)
  foreach(speed cold json)
    target_compile_definitions(headwater_app_${speed} PRIVATE HEADWATER_VERSION="${PROJECT_VERSION}")
  endforeach()
  headwater_link_little(${name})
  get_property(modules GLOBAL PROPERTY headwater_modules)
  add_dependencies(${name} ${modules})
  headwater_options(${name})
  headwater_any_processor(src/app/processor.cpp)
endfunction()

# headwater_module(NAME FOLDER LIBRARIES targets...): a module of src/FOLDER that the program loads when a run asks for it, so that its
# libraries cost other starts nothing: linking Arrow alone would cost each of them 14 ms and 15 MiB. It shows one symbol, the door in
# FOLDER/module.cpp, and takes behind it what the door needs of the library of all such folders; the program takes what it needs, and
# with it no library that only the module uses. With LIBRARIES the folder, but for its kind.cpp, is a library of its own: for those
# that must not stand where the program is linked, as Arrow brings an OpenSSL of its own.
function(headwater_module name folder)
  cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
  string(REGEX REPLACE "/.*" "" library headwater_${folder})
  if(arg_LIBRARIES)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "(_test|/module|/kind)\\.cpp$")
    add_library(headwater_${name}_code STATIC ${sources})
    target_link_libraries(headwater_${name}_code PUBLIC ${library} PRIVATE ${arg_LIBRARIES})
    headwater_options(headwater_${name}_code)
    set(library headwater_${name}_code)
    set_property(GLOBAL APPEND PROPERTY headwater_test_libraries headwater_${name}_code ${arg_LIBRARIES})
  endif()
  add_library(headwater_${name} MODULE src/${folder}/module.cpp)
  target_link_libraries(headwater_${name} PRIVATE ${library} ${arg_LIBRARIES} Threads::Threads)
  headwater_link_little(headwater_${name})
  headwater_options(headwater_${name})
  set_target_properties(headwater_${name} PROPERTIES PREFIX "" SUFFIX ".so")
  set_property(GLOBAL APPEND PROPERTY headwater_modules headwater_${name})
endfunction()

# Makes one program of every src/**/*_test.cpp and tests/unit/*.cpp, and registers it with ctest.
function(headwater_tests)
  get_property(tests GLOBAL PROPERTY headwater_test_sources)
  get_property(libraries GLOBAL PROPERTY headwater_test_libraries)
  list(REMOVE_DUPLICATES libraries)
  file(GLOB more CONFIGURE_DEPENDS tests/unit/*.cpp)
  if(tests OR more)
    headwater_tell_json(plain json ${tests} ${more})
    add_library(headwater_json_tests OBJECT ${json})
    target_link_libraries(headwater_json_tests PRIVATE ${libraries} nlohmann_json::nlohmann_json)
    headwater_options(headwater_json_tests json)
    add_executable(headwater_tests ${plain} tests/main.cpp)
    target_link_libraries(headwater_tests PRIVATE headwater_json_tests
      headwater_app headwater_packs nlohmann_json::nlohmann_json Threads::Threads ${libraries})
    headwater_options(headwater_tests cold)
    # Few read files of the source tree; its path in every command would keep clones from sharing what they compiled.
    foreach(source ${tests})
      file(STRINGS ${source} mentions REGEX HEADWATER_SOURCE_DIR LIMIT_COUNT 1)
      if(mentions)
        set_source_files_properties(${source} PROPERTIES COMPILE_DEFINITIONS HEADWATER_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
      endif()
    endforeach()
    get_property(modules GLOBAL PROPERTY headwater_modules)
    add_dependencies(headwater_tests ${modules})
    add_test(NAME unit COMMAND headwater_tests)
    foreach(tool dump_tree sign_requests)
      add_executable(headwater_${tool} tests/tools/${tool}.cpp)
      target_link_libraries(headwater_${tool} PRIVATE headwater_language headwater_sink nlohmann_json::nlohmann_json)
      headwater_options(headwater_${tool} json)
      add_dependencies(headwater_tests headwater_${tool})
    endforeach()
  endif()
endfunction()

# headwater_toys(FOLDER): the program once more, with the format and the target of FOLDER: their sources, and one line more in the
# table of each. It proves that a format or target is added so.
function(headwater_toys folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  headwater_longer_table(src/format/formats.cpp "format(json_kind)" "format(netstring_kind)" sources)
  headwater_longer_table(src/sink/targets.cpp "target(stdout_kind)" "target(shelf_kind)" sources)
  add_executable(headwater_toys ${sources} src/app/main.cpp src/app/processor.cpp)
  get_property(modules GLOBAL PROPERTY headwater_modules)
  add_dependencies(headwater_toys ${modules})
  target_link_libraries(headwater_toys PRIVATE headwater_app headwater_packs)
  headwater_link_little(headwater_toys)
  headwater_options(headwater_toys cold)
endfunction()

# Copies a table with a line behind one of its lines, and adds the copy to a list of sources.
function(headwater_longer_table file line more list)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${file})
  file(READ ${PROJECT_SOURCE_DIR}/${file} table)
  string(REPLACE "${line}" "${line} ${more}" longer "${table}")
  if(longer STREQUAL table)
    message(FATAL_ERROR "${file} has no line of ${line} any more")
  endif()
  set(copy ${PROJECT_BINARY_DIR}/generated/toys/${file})
  file(GENERATE OUTPUT ${copy} CONTENT "${longer}")
  set(${list} ${${list}} ${copy} PARENT_SCOPE)
endfunction()

# Makes one libFuzzer program of each tests/fuzz/*_fuzz.cpp, where the build is instrumented for it (preset fuzz).
function(headwater_fuzz)
  if(NOT HEADWATER_SANITIZE MATCHES "fuzzer")
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS tests/fuzz/*_fuzz.cpp)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE headwater_service headwater_packs nlohmann_json::nlohmann_json)
    headwater_options(${name} cold)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    list(APPEND programs ${name})
  endforeach()
  add_custom_target(headwater_fuzzers DEPENDS ${programs})
endfunction()

# Adds bench/, not built by default, and a target that builds every program in it.
function(headwater_bench)
  add_subdirectory(bench EXCLUDE_FROM_ALL)
  get_property(programs DIRECTORY bench PROPERTY BUILDSYSTEM_TARGETS)
  add_custom_target(headwater_benches DEPENDS ${programs})
endfunction()

# Compiles a source for the oldest processor of its kind: it runs before we know which one is there. Such a file keeps to
# C, because what it shared with others (inline functions, templates) could be linked in their build for a newer one.
function(headwater_any_processor source)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${source} AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-march=x86-64;-mtune=generic"
      SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()

# Lets a source use PCLMULQDQ, which every processor of x86-64-v3 has though the level does not name it: without it simdjson
# falls back to code for any processor.
function(headwater_carry_less_multiplication source)
  if(NOT HEADWATER_PORTABLE AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "-mpclmul" SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()

# Embeds packs/ (YAML and CSV, without tests) and the generator's own word lists into a library.
function(headwater_packs)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS packs/*.yaml packs/*.csv)
  set(output ${PROJECT_BINARY_DIR}/generated/embedded_packs.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND python3 ${PROJECT_SOURCE_DIR}/tools/embed.py ${PROJECT_SOURCE_DIR}/packs ${output}
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/tools/embed.py
    COMMENT "Embedding packs")
  add_library(headwater_packs STATIC ${output})
  target_include_directories(headwater_packs PUBLIC ${PROJECT_SOURCE_DIR}/src)
endfunction()

# Embeds the page of the API: Swagger UI, out of its Python package.
function(headwater_swagger)
  headwater_python()
  set(output ${PROJECT_BINARY_DIR}/generated/web_files.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${HEADWATER_PYTHON} ${PROJECT_SOURCE_DIR}/tools/embed_web.py ${output}
    DEPENDS ${PROJECT_SOURCE_DIR}/tools/embed_web.py ${PROJECT_SOURCE_DIR}/tools/requirements-build.txt
    COMMENT "Embedding Swagger UI")
  add_library(headwater_swagger STATIC ${output})
  target_include_directories(headwater_swagger PUBLIC ${PROJECT_SOURCE_DIR}/src)
endfunction()
