// For the shapes of bodies and answers, as JSON Schemas that the OpenAPI document carries.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "format/formats.h"
#include "pack/output_options.h"
#include "service/routes.h"
#include "service/run_fields.h"
#include "sink/targets.h"

namespace headwater {

namespace {

constexpr const char* text = R"({
"Problem": {
  "type": "object",
  "required": ["type", "title", "status", "detail"],
  "properties": {
    "type": {"type": "string"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "detail": {"type": "string", "description": "What is wrong, in a sentence."},
    "errors": {
      "type": "array",
      "description": "Every mistake there is.",
      "items": {
        "type": "object",
        "required": ["path", "message"],
        "properties": {
          "path": {"type": "string", "description": "The field."},
          "message": {"type": "string"},
          "got": {"type": "string", "description": "The value, as JSON."},
          "allowed": {"type": "string"},
          "hint": {"type": "string", "description": "How to mend it."},
          "line": {"type": "integer"},
          "column": {"type": "integer"}
        }
      }
    }
  }
},
"About": {
  "type": "object",
  "required": ["name", "version", "message", "links"],
  "properties": {
    "name": {"type": "string"},
    "version": {"type": "string"},
    "message": {"type": "string"},
    "links": {"type": "object", "additionalProperties": {"type": "string"}}
  }
},
"Health": {
  "type": "object",
  "required": ["status", "service", "version", "timestamp"],
  "properties": {
    "status": {"enum": ["healthy", "degraded"]},
    "service": {"type": "string"},
    "version": {"type": "string"},
    "timestamp": {"type": "string", "format": "date-time"}
  }
},
"Liveness": {
  "type": "object",
  "required": ["status"],
  "properties": {"status": {"enum": ["ok", "not ready"]}, "reason": {"type": "string"}}
},
"EmulationRequest": {
  "type": "object",
  "required": ["emulator_sync", "format_type", "sync_type", "emulation_domain", "timeout", "max_chunk_size"],
  "additionalProperties": false,
  "properties": {
    "emulator_sync": {"enum": ["kafka", "minio"], "description": "Where to. Case does not matter, here and below."},
    "emulation_domain": {"enum": ["transaction", "user-profile", "device-log"]},
    "format_type": {"enum": ["json", "csv", "parquet"], "description": "Of MinIO's objects; json is one array in each."},
    "sync_type": {"enum": ["grouped", "chunked", "single"], "description": "How records are spread over MinIO's objects."},
    "max_chunk_size": {"type": "integer", "minimum": 1, "maximum": 5368709120, "description": "Bytes of a chunked object."},
    "timeout": {"type": "integer", "minimum": 0, "maximum": 86400, "description": "Seconds of production."},
    "rate": {"anyOf": [{"const": 0}, {"type": "number", "minimum": 0.001, "maximum": 1000000000}], "description": "Records per second; 0 is as fast as the target takes them."},
    "seed": {"type": "integer", "minimum": 0, "maximum": 18446744073709551615, "description": "What all chance comes from; EMULATION_SEED, or drawn, when it is not given."}
  }
},
"EmulationScheduled": {
  "type": "object",
  "required": ["id", "emulator_sync", "format_type", "sync_type", "emulation_domain", "max_chunk_size", "timeout"],
  "properties": {
    "id": {"type": "string", "format": "uuid"},
    "emulator_sync": {"type": "string"},
    "format_type": {"type": "string"},
    "sync_type": {"type": "string"},
    "emulation_domain": {"type": "string"},
    "max_chunk_size": {"type": "integer"},
    "timeout": {"type": "integer"}
  }
},
"EmulationStatus": {
  "type": "object",
  "required": ["id", "status"],
  "properties": {
    "id": {"type": "string"},
    "status": {
      "type": "object",
      "required": ["global_status", "threads"],
      "properties": {
        "global_status": {"enum": ["processing", "completed", "stopped", "failed"]},
        "threads": {"type": "object", "additionalProperties": {"enum": ["pending", "started", "finished", "error"]}},
        "reason": {"type": "string"}
      }
    }
  }
},
"Scenario": {
  "type": "object",
  "required": ["packs"],
  "description": "A scenario of the language: packs, seed, clock, outputs, answer key.",
  "properties": {
    "scenario": {"type": "string"},
    "packs": {"type": "object"},
    "seed": {"type": ["integer", "string"]},
    "clock": {"type": "object"},
    "outputs": {"type": "array", "items": {"type": "object"}},
    "answer_key": {"type": "object"},
    "chaos": {"type": "array", "items": {"type": "object"}},
    "incidents": {"type": "array", "items": {"type": "object"}}
  }
},
"AnyScenario": {"description": "A scenario, right or wrong."},
"Fault": {
  "type": "object",
  "required": ["fault"],
  "description": "A fault as a scenario writes it, from now on.",
  "properties": {
    "fault": {"type": "string"},
    "name": {"type": "string", "description": "Its name in answer key and manifest; what it does, where none is given."},
    "streams": {"type": ["string", "array"], "items": {"type": "string"}},
    "chance": {"type": ["string", "number"]},
    "where": {"type": "string"},
    "for": {"type": "string", "description": "How long it lasts."}
  }
},
"IncidentRun": {
  "type": "object",
  "required": ["run"],
  "description": "An incident of a pack, from now on.",
  "properties": {
    "run": {"type": "string"},
    "for": {"type": "string", "description": "How long it lasts; as the pack says where none is given."}
  },
  "additionalProperties": false
},
"Switch": {
  "type": "object",
  "required": ["kind", "name", "state", "from", "until", "entry"],
  "properties": {
    "kind": {"enum": ["fault", "incident"]},
    "name": {"type": "string"},
    "state": {"enum": ["waiting", "on", "ending", "off"]},
    "from": {"type": ["string", "null"], "format": "date-time", "description": "Simulated; null until it is on."},
    "until": {"type": ["string", "null"], "format": "date-time", "description": "Simulated; null where no end is foreseen."},
    "entry": {"type": "object", "description": "As it was asked for."}
  }
},
"SwitchList": {
  "type": "object",
  "required": ["switches"],
  "properties": {"switches": {"type": "array", "items": {"$ref": "#/components/schemas/Switch"}}}
},
"RunList": {
  "type": "object",
  "required": ["runs", "next"],
  "properties": {
    "runs": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}},
    "next": {"type": ["string", "null"], "description": "What to give as `before` for the next page; null at the end."}
  }
},
"RateChange": {
  "type": "object",
  "required": ["rate"],
  "additionalProperties": false,
  "properties": {"rate": {"anyOf": [{"const": 0}, {"type": "number", "minimum": 0.001, "maximum": 1000000000}], "description": "Records per second; 0 is as fast as the targets take them."}}
},
"Preview": {
  "type": "object",
  "required": ["seed", "streams"],
  "properties": {
    "seed": {"type": "integer"},
    "streams": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["name", "key", "summary", "records"],
        "properties": {
          "name": {"type": "string"},
          "key": {"type": ["string", "null"]},
          "summary": {"type": "string"},
          "records": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["labels", "record"],
              "properties": {"labels": {"type": "array", "items": {"type": "string"}}, "record": {"type": "object"}}
            }
          }
        }
      }
    }
  }
},
"AnswerKey": {
  "type": "object",
  "required": ["to", "objects"],
  "properties": {
    "to": {"type": "string"},
    "objects": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["name", "stream", "format", "compression", "rows", "bytes"],
        "properties": {
          "name": {"type": "string"},
          "stream": {"type": "string"},
          "format": {"type": "string"},
          "compression": {"type": "string"},
          "rows": {"type": "integer"},
          "bytes": {"type": "integer"}
        }
      }
    }
  }
},
"VerifyRequest": {
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "from": {"type": "string", "minLength": 1},
    "format": {"description": "Of the copy; as each object looks when it is not given."},
    "match": {"enum": ["identity", "content"], "description": "By identity where most records have one when it is not given."},
    "order": {"enum": ["lane", "key", "none"], "description": "Order to be kept; in each object or partition when it is not given."},
    "streams": {"type": "array", "maxItems": 1000, "items": {"type": "string"}, "description": "All of the run when it is not given."},
    "ignore": {"type": "array", "maxItems": 1000, "items": {"type": "string"}, "description": "Fields that are not compared."},
    "dead_letters": {"type": "string", "minLength": 1, "description": "What the platform set aside, as from."},
    "original": {"type": "string", "minLength": 1, "description": "Where the record stands in a dead letter: value, header:NAME, json:PATH."},
    "reason": {"type": "string", "minLength": 1, "description": "Where a dead letter says why: header:NAME, json:PATH."},
    "examples": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 5, "description": "Differences of each kind and stream that are told in full."}
  }
},
"Verification": {
  "type": "object",
  "required": ["id", "run", "state", "created", "started", "ended", "request", "clean", "links"],
  "properties": {
    "id": {"type": "string"},
    "run": {"type": "string"},
    "state": {"enum": ["accepted", "running", "completed", "stopped", "failed"]},
    "reason": {"type": "string", "description": "Why it failed or was stopped."},
    "created": {"type": "string", "format": "date-time"},
    "started": {"type": ["string", "null"], "format": "date-time"},
    "ended": {"type": ["string", "null"], "format": "date-time"},
    "request": {"type": "object", "description": "What was asked for; empty texts and lists were not given."},
    "clean": {"type": ["boolean", "null"], "description": "True when the copy holds what was sent, each once and as it was; null until that is known."},
    "report": {"type": ["object", "null"], "description": "As --report json of headwater verify."},
    "links": {"type": "object", "additionalProperties": {"type": "string"}}
  }
},
"VerificationList": {
  "type": "object",
  "required": ["verifications"],
  "properties": {"verifications": {"type": "array", "items": {"$ref": "#/components/schemas/Verification"}}}
},
"OpenApi": {"type": "object", "required": ["openapi", "info", "paths"], "properties": {
  "openapi": {"type": "string"}, "info": {"type": "object"}, "paths": {"type": "object"}}},
"Manifest": {"type": "object", "description": "What the run made, with objects, rows and digests."},
"PackList": {
  "type": "object",
  "required": ["packs"],
  "properties": {
    "packs": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["name", "version", "summary", "origin"],
        "properties": {
          "name": {"type": "string"},
          "version": {"type": "string"},
          "summary": {"type": "string"},
          "origin": {"enum": ["built-in", "folder", "kept"], "description": "Kept are those that clients gave."},
          "created": {"type": "string", "format": "date-time"}
        }
      }
    }
  }
},
"PackText": {"type": "object", "required": ["pack"], "description": "A pack of the language.", "properties": {"pack": {"type": "string"}, "version": {"type": ["string", "number"]}, "summary": {"type": "string"}, "streams": {"type": "object"}}, "additionalProperties": true},
"KeptPack": {
  "type": "object",
  "required": ["name", "version", "summary", "origin", "created", "diagnostics"],
  "properties": {
    "name": {"type": "string"},
    "version": {"type": "string"},
    "summary": {"type": "string"},
    "origin": {"const": "kept"},
    "created": {"type": "string", "format": "date-time"},
    "diagnostics": {"type": "array", "description": "Warnings, as lint gives them.", "items": {"type": "object"}}
  }
},
"Pack": {"type": "object", "description": "Parameters, lists, kinds, streams, tables, rules and sources of a pack."},
"LintResult": {
  "type": "object",
  "required": ["is_valid", "diagnostics"],
  "properties": {
    "is_valid": {"type": "boolean"},
    "diagnostics": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["severity", "line", "column", "path", "message", "hint"],
        "properties": {
          "severity": {"enum": ["error", "warning"]},
          "file": {"type": "string"},
          "line": {"type": "integer"},
          "column": {"type": "integer"},
          "path": {"type": "string"},
          "message": {"type": "string"},
          "hint": {"type": "string"}
        }
      }
    }
  }
}
})";

/// Spells an option with what may be said: compression=none|zstd.
std::string spelled(const std::vector<Option>& options) {
    std::string text;
    for (const Option& option : options)
        if (option.over_rest) text += (text.empty() ? "" : ", ") + std::string(option.name) + "=" + spelling_of(option);
    return text;
}

/// Adds what the tables of formats and targets say: what a client may name, and with which options.
void add_catalogue(nlohmann::ordered_json& schemas) {
    auto& wishes = schemas["VerifyRequest"]["properties"];
    wishes["from"]["description"] = "The copy: " + target_forms(", ", &TargetKind::has_reader) +
                                    ", as Target says; where the run went when it is not given.";
    wishes["format"]["enum"] = format_names();
    std::string help = "Where records go, with options behind ?. Every target: " + spelled(output_options()) + ".";
    for (const FormatKind* kind : format_kinds())
        if (!kind->options.empty()) help += " Format " + std::string(kind->name) + ": " + spelled(kind->options) + ".";
    for (const TargetKind* kind : target_kinds())
        if (!kind->options.empty()) help += " " + std::string(kind->form) + ": " + spelled(kind->options) + ".";
    schemas["Target"] = {{"type", "string"}, {"description", help}};
    auto& output = schemas["Scenario"]["properties"]["outputs"]["items"]["properties"];
    for (const char* names : {"streams", "tables"})
        output[names] =
            parse_json(R"({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})");
    output["to"]["$ref"] = "#/components/schemas/Target";
    output["format"]["enum"] = format_names();
}

}  // namespace

const nlohmann::ordered_json& api_schemas() {
    static const nlohmann::ordered_json schemas = [] {
        auto all = parse_json(text);
        add_catalogue(all);
        all["Run"] = run_schema();
        return all;
    }();
    return schemas;
}

}  // namespace headwater
