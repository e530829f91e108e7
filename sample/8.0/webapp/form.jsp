<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.workflow.*, oa.form.*" %>
<!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title>新建请求</title><link rel="stylesheet" href="css/oa.css"><script src="js/oa.js"></script></head>
<body>
<%@ include file="inc/top.jspf" %>
<main>
<%
try (Db db = Db.open()) {
    Row workflow = Workflows.find(db, String.valueOf(request.getParameter("workflow")));
    if (!Workflows.mayStart(db, person, workflow)) throw Failure.forbidden("没有创建该流程的权限");
    Row form = FormData.form(db, workflow.number("form_id"));
%>
<h1><%= Text.html(workflow.text("name")) %></h1>
<form id="oaForm" data-workflow="<%= workflow.number("id") %>" data-kind="<%= form.text("kind") %>" onsubmit="return oaSend(this)">
<p><%= Labels.text("form.requesttitle") %> <input id="title" size="60"></p>
<%= FormPage.html(db, form.number("id")) %>
<p><%= Labels.text("request.attachment") %> <input type="file" id="file"></p>
<p class="error" id="error"></p>
<button id="send"><%= Labels.text("request.submit") %></button>
</form>
<script>oaStart()</script>
<%
} catch (Failure failure) {
    response.setStatus(failure.status); %>
<p class="error"><%= Text.html(failure.getMessage()) %></p>
<% } %>
</main>
</body></html>
