<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.workflow.*, oa.form.*" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>流程请求</title><link rel="stylesheet" href="css/oa.css"><script src="js/oa.js"></script></head>
<body>
<%@ include file="inc/top.jspf" %>
<main>
<%
String wanted = String.valueOf(request.getParameter("id"));
long id = wanted.matches("\\d{1,18}") ? Long.parseLong(wanted) : 0;
try (Db db = Db.open()) {
    Row found = Requests.find(db, id);
    Requests.mayRead(db, person, found);
    long form = found.number("form_id");
    Row values = FormData.main(db, form, id);
    List<Row> detail = FormData.fields(db, form, true);
    boolean mine = Requests.operators(db, id).stream().anyMatch(row -> row.number("id") == person.id());
%>
<h1><%= Text.html(found.text("title")) %></h1>
<p><%= Labels.text("request.state") %>: <b id="state"><%= Labels.text("state." + found.text("state")) %></b> <%= Labels.text("todo.node") %>: <b id="node"><%= Text.html(found.text("node")) %></b>
<%= Labels.text("request.operators") %>: <% for (Row row : Requests.operators(db, id)) { %><span><%= Text.html(row.text("name")) %></span> <% } %></p>
<table class="form-main">
<% for (Row field : FormData.fields(db, form, false)) { %><tr><th><%= Text.html(field.text("label")) %></th><td><%= Text.html(values == null ? "" : values.text(field.text("name"))) %></td></tr>
<% } %></table>
<% if (!detail.isEmpty()) { %>
<table class="form-detail" id="detail"><thead><tr><% for (Row field : detail) { %><th><%= Text.html(field.text("label")) %></th><% } %></tr></thead><tbody>
<% for (Row line : FormData.detail(db, form, id)) { %><tr><% for (Row field : detail) { %><td><%= Text.html(line.text(field.text("name"))) %></td><% } %></tr>
<% } %></tbody></table>
<% } %>
<h2><%= Labels.text("request.attachment") %></h2>
<ul><% for (Row file : Attachments.of(db, id)) { %><li><a href="download?id=<%= file.number("id") %>"><%= Text.html(file.text("name")) %></a> (<%= file.number("size") %>)</li><% } %></ul>
<h2><%= Labels.text("request.log") %></h2>
<table class="list"><% for (Row entry : Requests.log(db, id)) { %><tr><td><%= Text.html(entry.text("node")) %></td><td><%= Text.html(entry.text("person")) %></td><td><%= Text.html(entry.text("action")) %></td><td><%= Text.html(entry.text("remark")) %></td><td><%= Text.html(entry.text("at")) %></td></tr><% } %></table>
<% if (mine) { %>
<p><%= Labels.text("request.remark") %> <input id="remark" size="50">
<button type="button" onclick="oaAct(<%= id %>, 'submit')"><%= Labels.text(found.text("node_kind").equals("create") ? "request.submit" : "request.approve") %></button>
<% if (!found.text("node_kind").equals("create")) { %><button type="button" onclick="oaAct(<%= id %>, 'reject')"><%= Labels.text("request.reject") %></button><% } %></p>
<% }
} catch (Failure failure) {
    response.setStatus(failure.status); %>
<p class="error"><%= Text.html(failure.getMessage()) %></p>
<% } %>
</main>
</body></html>
