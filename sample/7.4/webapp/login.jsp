<%@ page pageEncoding="UTF-8" contentType="text/html; charset=UTF-8" session="false" import="oa.base.*, oa.util.Text" %><%
String title, style, logo;
try (Db db = Db.open()) {
    title = Settings.stored(db, "login.title", "");
    style = Settings.stored(db, "login.style", "classic");
    logo = Settings.stored(db, "portal.logo", "images/logo.png");
}
String error = request.getParameter("error");
%><!DOCTYPE html>
<html lang="zh"><head><meta charset="UTF-8"><title><%= Text.html(title) %></title><link rel="stylesheet" href="css/oa.css"></head>
<body class="login login-<%= Text.html(style) %>">
<form method="post" action="login" class="login-box">
<img class="logo" src="<%= Text.html(logo) %>" alt="logo" height="40">
<h1><%= Text.html(title) %></h1>
<% if ("licence".equals(error)) { %><p class="error" id="error"><%= Labels.text("login.licence") %></p><% } %>
<% if ("wrong".equals(error)) { %><p class="error" id="error"><%= Labels.text("login.wrong") %></p><% } %>
<label><%= Labels.text("login.user") %> <input name="user" id="user" autofocus></label>
<label><%= Labels.text("login.password") %> <input name="password" id="password" type="password"></label>
<button id="login"><%= Labels.text("login.button") %></button>
</form>
</body></html>
