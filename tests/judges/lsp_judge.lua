-- A real editor against the language server: Neovim's own client, headless. Counts its checks.
local sdev = vim.env.SDEV
local folder = vim.env.SDEV_JUDGE_FOLDER
local passed, failed = 0, 0

local function say(text)
  io.stdout:write(text .. "\n")
end

local function check(name, good, seen)
  if good then
    passed = passed + 1
    say("ok   " .. name)
  else
    failed = failed + 1
    say("FAIL " .. name .. ": " .. vim.inspect(seen))
  end
end

local function await(what)
  return vim.wait(20000, what, 20)
end

local function finish()
  say(string.format("Neovim: %d passed, %d failed", passed, failed))
  vim.cmd(failed == 0 and "qall!" or "cquit 1")
end

local text = {
  "edition: 3.0.0",
  "vars:",
  "  region: cn-hangzhou # 中文 😀",
  "template:",
  "  base:",
  "    spa: true",
  "flow:",
  "  deploy:",
  "    - [web]",
  "resources:",
  "  web:",
  "    component: site",
  "    extend: { name: base }",
  "    props:",
  "      source: ./public",
  "      region: ${vars.region}",
  "      spa: yess",
  "      headers: { A: '😀 ${vars.nothing}' }",
}

local function main()
  vim.fn.mkdir(folder .. "/public", "p")
  vim.fn.writefile({ "x" }, folder .. "/public/index.html")
  vim.fn.writefile(text, folder .. "/s.yaml")
  vim.cmd("edit " .. folder .. "/s.yaml")
  local buffer = vim.api.nvim_get_current_buf()
  local exit_code
  local id = vim.lsp.start_client({
    name = "sdev",
    cmd = { sdev, "lsp" },
    root_dir = folder,
    on_exit = function(code) exit_code = code end,
  })
  check("the client starts", id ~= nil, id)
  vim.lsp.buf_attach_client(buffer, id)
  check("it attaches", await(function()
    local client = vim.lsp.get_client_by_id(id)
    return client ~= nil and client.initialized == true
  end), id)

  local function diagnostics() return vim.diagnostic.get(buffer) end
  check("diagnostics arrive", await(function() return #diagnostics() > 0 end), diagnostics())
  local unknown = vim.tbl_filter(function(d) return d.message:find("nothing") ~= nil end, diagnostics())[1] or {}
  -- Neovim's columns count bytes: the emoji before has four.
  local byte = text[18]:find("vars", 1, true) - 1
  check("their line is right", unknown.lnum == 17, unknown)
  check("their column counts past an emoji", unknown.col == byte, unknown)
  check("they come from sdev with a code", unknown.source == "sdev" and tostring(unknown.code):find("^SD0") ~= nil, unknown)

  local function ask(method, line, column)
    local params = {
      textDocument = vim.lsp.util.make_text_document_params(buffer),
      position = { line = line, character = column },
    }
    local replies = vim.lsp.buf_request_sync(buffer, method, params, 10000) or {}
    local reply = replies[id] or {}
    return reply.result, reply.error
  end
  local function labels(result)
    return vim.tbl_map(function(item) return item.label end, (result or {}).items or {})
  end

  local found = labels(ask("textDocument/completion", 15, 21))
  check("variables are completed", vim.tbl_contains(found, "region"), found)
  found = labels(ask("textDocument/completion", 16, 11))
  check("values are completed", vim.tbl_contains(found, "true"), found)
  found = labels(ask("textDocument/completion", 8, 7))
  check("resources are completed in flow", vim.tbl_contains(found, "web"), found)

  local shown = ask("textDocument/hover", 15, 20)
  local words = shown and shown.contents.value or ""
  check("hover shows the value of a variable", words:find("cn-hangzhou", 1, true) ~= nil, shown)
  shown = ask("textDocument/hover", 14, 8)
  check("hover explains a property", shown ~= nil and shown.contents.value:find("folder") ~= nil, shown)

  local function goes(name, from, to)
    local place = ask("textDocument/definition", from[1], from[2])
    check(name, place ~= nil and place.range.start.line == to, place)
  end
  goes("a variable leads to its key", { 15, 23 }, 2)
  goes("extend leads to the template", { 12, 21 }, 4)
  goes("flow leads to the resource", { 8, 8 }, 10)
  local place = ask("textDocument/definition", 14, 18)
  check("a path leads to the file", place ~= nil and place.uri:find("/public$") ~= nil, place)

  local symbols = ask("textDocument/documentSymbol", 0, 0) or {}
  local names = vim.tbl_map(function(s) return s.name end, symbols)
  check("symbols are nested", vim.tbl_contains(names, "resources") and symbols[#symbols].children[1].name == "web", names)

  vim.api.nvim_buf_set_lines(buffer, 16, 18, false, { "      spa: true" })
  check("an edit takes its diagnostics away", await(function() return #diagnostics() == 0 end), diagnostics())
  vim.api.nvim_buf_set_text(buffer, 15, 22, 15, 22, { "é" })
  check("an edit inside a line brings one", await(function()
    local first = diagnostics()[1]
    return first ~= nil and first.lnum == 15
  end), diagnostics())
  vim.api.nvim_buf_set_lines(buffer, 16, 17, false, { "      " })
  local _, line = 0, vim.api.nvim_buf_line_count(buffer)
  found = labels(ask("textDocument/completion", line - 1, 6))
  check("keys that are missing are completed", vim.tbl_contains(found, "domain") and not vim.tbl_contains(found, "source"), found)

  vim.lsp.stop_client(id)
  check("it shuts down with code 0", await(function() return exit_code ~= nil end) and exit_code == 0, exit_code)
end

local good, why = xpcall(main, debug.traceback)
if not good then
  check("the script ends", false, why)
end
finish()
